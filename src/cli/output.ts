import { once } from 'node:events';
import { Option } from 'commander';
import pino from 'pino';
import { visible, visibleLines } from '../values/visible.js';

/** Whether the output still has a reader: `… | head` stops reading before the end. */
let isRead = true;

/**
 * Prints a line to standard output; logs go to standard error. Characters from a registrar or a file cannot move the
 * cursor, change the direction of writing, or begin another line.
 */
export function printLine(line: string): void {
  if (isRead) process.stdout.write(`${visible(line)}\n`);
}

/** The option `--json` of all commands that print. */
export const jsonOption = () => new Option('--json', 'one JSON document instead, for programs: see docs/commands.md');

/** Prints the result of a command: its lines, or with --json its value. */
export function printResult({ json = false }: { json?: boolean }, value: unknown, lines: readonly string[]): void {
  if (json) printText(JSON.stringify(value, undefined, 2));
  else for (const line of lines) printLine(line);
}

/** Prints a text of several lines. */
export function printText(text: string): void {
  if (isRead) process.stdout.write(`${visibleLines(text)}\n`);
}

/** Writes output for programs unchanged, and waits until it is written. Returns false once the output has no reader. */
export async function writeOutput(bytes: string | Uint8Array): Promise<boolean> {
  const text = typeof bytes === 'string' && process.stdout.isTTY ? visibleLines(bytes) : bytes;
  if (isRead && !process.stdout.write(text)) {
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => undefined);
  }
  return isRead;
}

/** Prints a warning to standard error. */
export function warn(text: string): void {
  process.stderr.write(`sppp: ${visibleLines(text)}\n`);
}

/** Makes a reader that stops reading no error. Output that cannot be written for another reason is a failure. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isRead && error.code !== 'EPIPE') {
      process.exitCode = 1;
      warn(`standard output: ${error.message}`);
    }
    isRead = false;
  });
  process.stderr.on('error', () => undefined); // there is no place left for a message
}

/** The destination of logs: standard error, without control characters if that is a terminal. */
export function logOutput(): pino.DestinationStream {
  if (!process.stderr.isTTY) return pino.destination(2);
  return { write: (line: string) => void process.stderr.write(visibleLines(line)) };
}
