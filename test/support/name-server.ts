import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';

/** A DNS server that knows the IPv4 addresses of a few names, and nothing else. */
export interface NameServer {
  /** As settings name it. */
  readonly address: string;
  /** How often each name was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function startNameServer(names: Readonly<Record<string, readonly string[]>>): Promise<NameServer> {
  const asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    if (question?.type === 'A') asked.set(question.name, (asked.get(question.name) ?? 0) + 1);
    const answers = questions.flatMap(({ name, type }) =>
      type === 'A' ? (names[name] ?? []).map((data) => ({ name, type: 'A' as const, ttl: 0, data })) : [],
    );
    socket.send(encode({ id: id ?? 0, type: 'response', flags: 0x0180, questions, answers }), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
