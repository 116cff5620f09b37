import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The port used last in this data folder if it is free, else one that the system picks. */
export async function choosePort(dataDir: string): Promise<number> {
  const remembered = Number(await readFile(join(dataDir, 'port'), 'utf8').catch(() => ''));
  if (Number.isInteger(remembered) && remembered > 0) {
    const port = await listenBriefly(remembered);
    if (port !== undefined) return port;
  }
  const port = await listenBriefly(0);
  if (port === undefined) throw new Error('The system has no free port on 127.0.0.1');
  return port;
}

/** Notes the port, to be taken again at the next start. */
export async function rememberPort(dataDir: string, port: number): Promise<void> {
  await writeFile(join(dataDir, 'port'), `${port}\n`);
}

/** The port that could be listened on at 127.0.0.1, or undefined. */
async function listenBriefly(wanted: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.on('error', () => resolve(undefined));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
