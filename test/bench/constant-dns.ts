import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * What Node does at most over UDP: every question is answered with itself and as many more bytes as its argument says, for the
 * bench to compare with. Nothing is read but the datagram.
 */
const [, , more = '0'] = process.argv;
const records = Buffer.alloc(Number(more));
const socket = createSocket({ type: 'udp4', recvBufferSize: 1_048_576, lookup: (to, _, found) => found(null, to, 4) });
socket.on('message', (question, from) => {
  const answer = Buffer.concat([question, records]);
  answer.writeUInt16BE(0x8400, 2); // an authoritative answer
  answer.writeUInt16BE(2, 6);
  socket.send(answer, from.port, from.address);
});
const listening = once(socket, 'listening');
socket.bind(0, '127.0.0.1');
await listening;
process.stdout.write(`ready dns://127.0.0.1:${socket.address().port}\n`);
process.once('SIGTERM', () => socket.close());
