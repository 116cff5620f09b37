/** A new password beside the former one, which works until its end. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { endFormerPassword, rotatePassword } from '../../src/registry/access/password-rotation.js';
import { DigestClient } from '../support/digest-client.js';
import { startServer, type TestServer } from '../support/server.js';

let now = new Date('2041-05-30T09:30:10Z');
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ clock: () => now });
});
afterAll(() => server.close());

const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const statusWith = async (password: string) => {
  const client = new DigestClient({ username: 'ssp1', password });
  return (await client.send(`${server.url}/transaction/none`, { method: 'GET' })).status;
};
const rotate = (password: string, formerValidUntil: Date) =>
  rotatePassword(server.deps.database.prisma, 'ssp1', { ...secretsOf('ssp1', password), formerValidUntil }, now);

it('both passwords work until the end of the former one, then only the new one', async () => {
  await rotate('second', hours(2));
  expect(await statusWith('ssp1')).not.toBe(401);
  expect(await statusWith('second')).not.toBe(401);
  expect(await statusWith('third')).toBe(401);
  await expect(rotate('third', hours(3))).rejects.toThrow(`has two passwords until ${hours(2).toISOString()}`);
  now = hours(2);
  expect(await statusWith('ssp1')).toBe(401);
  expect(await statusWith('second')).not.toBe(401);
});

it('the operator can end the former one at once', async () => {
  await rotate('third', hours(2));
  expect(await statusWith('second')).not.toBe(401);
  await endFormerPassword(server.deps.database.prisma, 'ssp1');
  await expect.poll(() => statusWith('second')).toBe(401);
  expect(await statusWith('third')).not.toBe(401);
});

it('an unknown user name is refused', async () => {
  const nobody = { ...secretsOf('nobody', 'password'), formerValidUntil: hours(1) };
  await expect(rotatePassword(server.deps.database.prisma, 'nobody', nobody, now)).rejects.toThrow('not known');
});
