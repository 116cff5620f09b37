import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay that records the headers of clients' requests, for the table of docs/clients.md. */
export interface RecordingProxy {
  /** Where clients find the server; it names this address in its WSDL. */
  readonly url: string;
  /** Heads of all POST requests so far, with their header fields in lower case. */
  heads(): string[];
  close(): Promise<void>;
}

/** Relays every byte between clients and a server. */
export async function startRecordingProxy(server: string): Promise<RecordingProxy> {
  const sent: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const between = createServer((client) => {
    const chunks: Buffer[] = [];
    sent.push(chunks);
    client.on('data', (chunk) => chunks.push(chunk));
    const behind = connect(Number(new URL(server).port), '127.0.0.1');
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.end());
    }
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  return {
    url: `http://127.0.0.1:${(between.address() as AddressInfo).port}`,
    heads: () =>
      sent.flatMap((chunks) => {
        const text = Buffer.concat(chunks).toString('latin1');
        return [...text.matchAll(/^POST \S+ HTTP\/1\.1\r\n((?:[^\r\n]+\r\n)+)/gm)].map(([, head = '']) =>
          head.replace(/^[^:]+(?=:)/gm, (name) => name.toLowerCase()),
        );
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      between.close();
      await once(between, 'close');
    },
  };
}
