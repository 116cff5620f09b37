import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { OperatorError } from '../operator-error.js';

/** Whether there is somebody to ask. */
export const canAsk = () => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Whether a program or a file gives the standard input. */
export function isPiped(): boolean {
  return process.stdin.isTTY !== true && !fstatSync(0).isCharacterDevice();
}

/**
 * Asks for a secret on the terminal. What is typed is not shown.
 *
 * @throws OperatorError if the answer is empty or is refused by Ctrl-C or Ctrl-D
 */
export async function askSecret(question: string): Promise<string> {
  // It edits the line and would print it.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // It takes the echo off; only then may anybody type.
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true, historySize: 0 });
  process.stderr.write(`${question}: `);
  try {
    const [answer] = (await Promise.race([once(lines, 'line'), once(lines, 'close'), once(lines, 'SIGINT')])) as [
      string?,
    ];
    if (answer === undefined || answer === '') throw new OperatorError(`${question}: not empty`);
    return answer;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
