import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { plainAddress } from './askers.js';
import type { Responder } from './responder.js';
import type { Listener } from './settings.js';

/** Questions that the system buffers while we are busy. */
const RECEIVE_BUFFER_BYTES = 1_048_576;

/** Answers over UDP. Rejects if it cannot listen at the address. */
export async function listenUdp({ address, port, asker }: Listener, responder: Responder): Promise<Socket> {
  const socket = createSocket({
    type: isIPv6(address) ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // All addresses are numeric. Without this, Node takes another turn for each answer to find that out.
    lookup: (numeric, _options, found) => found(null, numeric, isIPv6(numeric) ? 6 : 4),
  });
  let isOpen = true;
  socket.on('close', () => {
    isOpen = false;
  });
  socket.on('message', (bytes, from) => {
    if (from.port === 0) return; // no port to answer to
    const client = { address: plainAddress(from.address), asker, transport: 'udp' } as const;
    // An answer that cannot be sent is lost like any UDP packet.
    const send = (answer: Buffer | undefined) => {
      if (answer !== undefined && isOpen) socket.send(answer, from.port, from.address);
    };
    responder
      .answer(bytes, client)
      .then(send)
      .catch(() => undefined);
  });
  const listening = once(socket, 'listening');
  socket.bind(port, address);
  await listening;
  socket.on('error', () => undefined);
  return socket;
}
