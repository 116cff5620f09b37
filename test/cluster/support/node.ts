import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from '../../support/command-line.js';
import { freePort } from '../../support/free-port.js';
import { type Forwarder, startForwarder } from './forwarder.js';
import type { Running, Stage } from './stage.js';

/** A process of `sppp serve`, which reaches its database through a forwarder of its own. */
export interface Node {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly url: string;
  readonly process: Running;
  readonly forwarder: Forwarder;
  /** Starts it after its end, at the same address, and waits until it serves. */
  restart(): Promise<void>;
}

export interface NodeOptions {
  readonly stage: Stage;
  readonly name: string;
  readonly installation: Installation;
  readonly database: { readonly address: string; readonly port: number };
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a node and waits until it serves. */
export async function startNode({ stage, name, installation, database, settings }: NodeOptions): Promise<Node> {
  const address = stage.address();
  const port = await freePort(address);
  const forwarder = await startForwarder(stage.address(), database);
  const url = `http://${address}:${port}`;
  const env = {
    DATABASE_URL: `postgresql://sppp:sppp@${forwarder.address}:${forwarder.port}/sppp?sslmode=disable`,
    SPPP_HOST: address,
    SPPP_PORT: String(port),
    SPPP_NODE_ID: name,
    ...settings,
  };
  const args = [join(installation.folder, 'dist', 'cli', 'sppp.js'), 'serve'];
  const start = async () => {
    const running = await stage.start({ name, command: process.execPath, args, env });
    while (!(await answers(`${url}/about`))) {
      if (running.ended !== undefined)
        throw new Error(`${name} ended with ${running.ended}:\n${(await running.log()).slice(-2000)}`);
      await delay(100);
    }
    return running;
  };
  let running = await start();
  return {
    ...{ name, address, port, url, forwarder },
    get process() {
      return running;
    },
    restart: async () => {
      running = await start();
    },
  };
}

/** Whether a URL answers with 200 within a second. */
export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}
