import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The rate at which a slow client reads. */
const BYTES_PER_SECOND = 30_000;
const STEP_MS = 100;

/** Sends a request on a connection of its own and reads the answer slowly. Returns a function to close it. */
export async function readSlowly(url: URL, request: Buffer): Promise<() => void> {
  const socket = await open(url);
  socket.on('readable', () => undefined); // Node reads nothing from the system without a listener.
  socket.write(request);
  const reading = setInterval(
    () => socket.read(Math.min(socket.readableLength, (BYTES_PER_SECOND * STEP_MS) / 1000)),
    STEP_MS,
  );
  socket.once('close', () => clearInterval(reading));
  return () => socket.destroy();
}

/** Sends so many requests without waiting for an answer, and reads until all are answered or the connection ends. */
export async function pipeline(url: URL, requests: Buffer, many: number): Promise<void> {
  const socket = await open(url);
  let answers = 0;
  let tail = '';
  socket.on('data', (bytes: Buffer) => {
    const text = tail + bytes.toString('latin1');
    answers += text.split('HTTP/1.1 ').length - 1;
    tail = text.slice(-'HTTP/1.1'.length);
    if (answers >= many) socket.destroy();
  });
  const closed = once(socket, 'close');
  socket.write(requests);
  await closed;
}

async function open({ hostname, port }: URL): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket.on('error', () => undefined); // The server may close it.
}
