/** Prints a line for the person at the terminal; logs go elsewhere. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
