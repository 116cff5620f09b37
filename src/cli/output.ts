import { once } from 'node:events';
import { Option } from 'commander';
import pino from 'pino';
import { visible, visibleLines } from '../values/visible.js';

/** Whether whoever reads our output still does: `… | head` has had enough before we are done. */
let isRead = true;

/**
 * Prints a line for the person at the terminal; logs go elsewhere. What comes from a registrar or a file cannot move a
 * cursor, turn the direction of writing or be mistaken for another line.
 */
export function printLine(line: string): void {
  if (isRead) process.stdout.write(`${visible(line)}\n`);
}

/** Every command that prints has it. */
export const jsonOption = () => new Option('--json', 'one JSON document instead, for programs: see docs/commands.md');

/** Tells what came of a command: to people by its lines, to programs by its value. */
export function printResult({ json = false }: { json?: boolean }, value: unknown, lines: readonly string[]): void {
  if (json) printText(JSON.stringify(value, undefined, 2));
  else for (const line of lines) printLine(line);
}

/** Prints a text of several lines. */
export function printText(text: string): void {
  if (isRead) process.stdout.write(`${visibleLines(text)}\n`);
}

/** Prints what is for programs, as it is, and waits until it is taken; false if nobody reads it any more. */
export async function writeOutput(bytes: string | Uint8Array): Promise<boolean> {
  const text = typeof bytes === 'string' && process.stdout.isTTY ? visibleLines(bytes) : bytes;
  if (isRead && !process.stdout.write(text)) {
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => undefined);
  }
  return isRead;
}

/** Prints what the person at the terminal should know besides, whatever becomes of the output. */
export function warn(text: string): void {
  process.stderr.write(`sppp: ${visibleLines(text)}\n`);
}

/** A reader that goes away ends nothing; output that cannot be written for another reason is a failure. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isRead && error.code !== 'EPIPE') {
      process.exitCode = 1;
      warn(`standard output: ${error.message}`);
    }
    isRead = false;
  });
  process.stderr.on('error', () => undefined); // there is nobody left to be told
}

/** Where logs go: standard error, where a terminal gets nothing from it that it would obey. */
export function logOutput(): pino.DestinationStream {
  if (!process.stderr.isTTY) return pino.destination(2);
  return { write: (line: string) => void process.stderr.write(visibleLines(line)) };
}
