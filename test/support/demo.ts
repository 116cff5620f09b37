import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Installation, install, Serving } from './command-line.js';

/** `sppp demo` as a process, beside which commands run. */
export interface Demo {
  readonly installation: Installation;
  /** Of the demo and of commands. */
  readonly settings: Record<string, string>;
  readonly serving: Serving;
  /** Ends it and removes all that it had. */
  close(): Promise<void>;
}

/** Starts a demo with a registry of its own, all of whose logins have the password. */
export async function startDemo(password: string): Promise<Demo> {
  const installation = await install();
  const folder = await mkdtemp(join(tmpdir(), 'sppp-demo-'));
  await chmod(folder, 0o755); // PostgreSQL may run under an account of its own
  const settings = { SPPP_PORT: '0', SPPP_DATA_DIR: join(folder, 'data'), SPPP_DEMO_PASSWORD: password };
  const remove = async () => {
    await installation.remove();
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  };
  try {
    const serving = await Serving.start(installation, ['demo'], settings);
    const close = async () => {
      await serving.end('SIGTERM');
      await remove();
    };
    return { installation, settings, serving, close };
  } catch (error) {
    await remove();
    throw error;
  }
}
