import { chmod, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountFor, barrierTo } from './account.js';

const somebodyElse = { uid: 54321, gid: 54321 };
let top: string;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'sppp-account-'));
  await chmod(top, 0o755);
  await mkdir(join(top, 'a', 'b'), { recursive: true });
});
afterAll(() => rm(top, { recursive: true }));

describe('the way to a folder', () => {
  it('is open if everybody may enter', async () => {
    expect(await barrierTo(join(top, 'a', 'b'), somebodyElse)).toBeUndefined();
  });

  it.each([0o700, 0o770, 0o754])('is barred by a folder on it with mode %o', async (mode) => {
    await chmod(join(top, 'a'), mode);
    expect(await barrierTo(join(top, 'a', 'b'), somebodyElse)).toBe(join(top, 'a'));
  });

  it('needs read permission on its last folder only', async () => {
    await chmod(join(top, 'a'), 0o711);
    expect(await barrierTo(join(top, 'a', 'b'), somebodyElse)).toBeUndefined();
    await chmod(join(top, 'a', 'b'), 0o711);
    expect(await barrierTo(join(top, 'a', 'b'), somebodyElse)).toBe(join(top, 'a', 'b'));
  });

  it('is checked at the targets of links', async () => {
    await chmod(join(top, 'a'), 0o700);
    await symlink(join(top, 'a', 'b'), join(top, 'link'));
    expect(await barrierTo(join(top, 'link'), somebodyElse)).toBe(join(top, 'a'));
  });

  it('is open to its owner, to its group, and if the account is not changed', async () => {
    await chmod(join(top, 'a'), 0o750);
    await chmod(join(top, 'a', 'b'), 0o750);
    const { uid, gid } = await stat(top);
    expect(await barrierTo(join(top, 'a', 'b'), { uid, gid: 54321 })).toBeUndefined();
    expect(await barrierTo(join(top, 'a', 'b'), { uid: 54321, gid })).toBeUndefined();
    expect(await barrierTo(join(top, 'a', 'b'), undefined)).toBeUndefined();
  });
});

it('changes the account for root only, and never to root', async () => {
  const account = await accountFor(join(top, 'none'));
  if (process.getuid?.() === 0) expect(account?.uid).toBeGreaterThan(0);
  else expect(account).toBeUndefined();
});
