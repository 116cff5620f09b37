import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { check, type Findings } from './checker.js';
import { startClients } from './client.js';
import type { Cluster } from './cluster.js';
import { History } from './history.js';

/** Milliseconds of writes before an event and after it. */
const AROUND = 2000;

/** What came of an event. */
export interface Witnessed extends Findings {
  /** The longest time without an acknowledgement, in milliseconds. */
  readonly silence: number;
}

/**
 * Lets clients write before, during and after an event, and holds what they saw against the registry: nothing is lost, and no
 * promise broken.
 *
 * @param event resolves when all is well again
 */
export async function during(
  cluster: Cluster,
  what: string,
  event: (history: History) => Promise<void>,
): Promise<Witnessed> {
  const history = new History();
  const clients = startClients(cluster, history);
  await delay(AROUND);
  const from = history.now();
  try {
    await event(history);
    await acknowledged(history);
    await delay(AROUND);
  } finally {
    await clients.stop();
  }
  const findings = await check(history, cluster);
  const witnessed = { ...findings, silence: Math.round(history.longestSilence(from)) };
  const { lost, broken, ...figures } = witnessed;
  process.stdout.write(`${what}: ${JSON.stringify({ ...figures, lost: lost.length, broken: broken.length })}\n`);
  if (lost.length + broken.length > 0) process.stderr.write(await complaints(cluster));
  expect([lost, broken]).toEqual([[], []]);
  expect(findings.acknowledged).toBeGreaterThan(0);
  return witnessed;
}

/** What nodes wrote about faults of their own, the last lines. */
async function complaints({ nodes }: Cluster): Promise<string> {
  const texts = await Promise.all(nodes.map((node) => node.process.log()));
  const lines = texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{"level":50'))
      .slice(-3),
  );
  return `${lines.join('\n')}\n`;
}

/** Waits until a request that was sent from now on is acknowledged. */
async function acknowledged(history: History): Promise<void> {
  const since = history.now();
  const isThere = () => history.writes.some(({ verdict, sentAt }) => verdict === 'acknowledged' && sentAt > since);
  await expect.poll(isThere, { timeout: 60_000, interval: 100, message: 'writes go on' }).toBe(true);
}
