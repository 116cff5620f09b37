import { InvalidArgumentError } from 'commander';

/** Reads the value of an option. The reader throws InvalidArgumentError, which commander prints, for other values. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^[0-9]{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
  };
}
