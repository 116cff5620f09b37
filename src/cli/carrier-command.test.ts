import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BulkStoppedError,
  LoginRefusedError,
  LostAnswerError,
  NotConnectedError,
  ThrottledError,
} from '../client/sppp-error.js';
import { OperatorError } from '../operator-error.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';

const before = process.exitCode;
let printed = '';

beforeEach(() => {
  process.exitCode = undefined;
  printed = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = before;
});

async function codeOf(work: () => Promise<ExitCode>): Promise<unknown> {
  await carrierAction(work)();
  return process.exitCode;
}

const thrown = (error: Error) => codeOf(() => Promise.reject(error));

describe('a command for carriers ends', () => {
  it.each(Object.entries(exits))('with its own code: %s', async (_name, code) => {
    expect(await codeOf(async () => code)).toBe(code);
    expect(printed).toBe('');
  });

  it.each([
    [3, new OperatorError('--url x: wrong')],
    [3, Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })],
    [2, Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })],
    [2, new NotConnectedError('connect ECONNREFUSED')],
    [2, new LoginRefusedError('refused', 401)],
    [2, new ThrottledError('2300', 5)],
    [2, new LostAnswerError('of a query', true)],
    [1, new LostAnswerError('of a change', false, 'id')],
    [1, new BulkStoppedError(new LostAnswerError('of a change', false, 'id'), 0, 2, 'id')],
    [2, new BulkStoppedError(new ThrottledError('2300', 5), 0, 2, 'id')],
    [2, Object.assign(new Error('interrupted'), { code: 'EINTR' })],
  ])('with %i for %s, whose message is one line', async (code, error) => {
    expect(await thrown(error)).toBe(code);
    expect(printed).toBe(`sppp: ${error.message}\n`);
  });

  it('with the stack of a bug', async () => {
    expect(await thrown(new TypeError('a bug'))).toBe(2);
    expect(printed).toMatch(/^sppp: TypeError: a bug\n {4}at /);
  });

  it('with 1 if its output could not be written, though it did all it should', async () => {
    process.exitCode = 1;
    expect(await codeOf(async () => exits.allGood)).toBe(1);
  });

  it('with 3 for what commander finds wrong, and with 0 after help', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    const command = carrierCommand('x')
      .argument('<y>')
      .configureOutput({ writeOut: () => undefined });
    command.command('z');
    expect(() => command.parse(['--none'], { from: 'user' })).toThrow('exit 3');
    expect(() => command.parse(['z', '--none'], { from: 'user' })).toThrow('exit 3');
    expect(() => command.parse(['--help'], { from: 'user' })).toThrow('exit 0');
    expect(exit).toHaveBeenCalledTimes(3);
  });
});
