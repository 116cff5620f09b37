import { Presets, SingleBar } from 'cli-progress';
import type { PushCounts } from '../carrier/push-state.js';
import { warn } from './output.js';

/** Milliseconds between two lines where there is no terminal. */
const LINE_EVERY = 10_000;

interface Progress {
  readonly counts: PushCounts;
  readonly read: number;
  readonly size: number;
}

/** Shows how far a push has come: a bar with rate and time left on a terminal, a line now and then elsewhere. */
export class PushProgressBar {
  readonly #begun = performance.now();
  readonly #bar: SingleBar | undefined;
  /** Where it began: an earlier run may have done the lines before. */
  #first: { readonly lines: number; readonly share: number } | undefined;
  #lastLine = performance.now();

  constructor() {
    if (!process.stderr.isTTY) return;
    const format = '{bar} {percentage} % | {lines} lines, {failed} failed | {rate} lines/s | {left} left';
    this.#bar = new SingleBar(
      { format, stream: process.stderr, hideCursor: true, noTTYOutput: false, etaBuffer: 20 },
      Presets.shades_classic,
    );
  }

  /** Shows the lines that have their verdict by now. */
  show({ counts, read, size }: Progress): void {
    const lines = counts.good + counts.failed + counts.faulty;
    const failed = counts.failed + counts.faulty;
    const share = size === 0 ? 1 : read / size;
    this.#first ??= { lines, share };
    const seconds = (performance.now() - this.#begun) / 1000;
    const rate = Math.round((lines - this.#first.lines) / seconds);
    const left = shownTime((seconds / (share - this.#first.share)) * (1 - share));
    if (this.#bar !== undefined) {
      if (!this.#bar.isActive) this.#bar.start(size, read, { lines: 0, failed: 0, rate: 0, left: '' });
      this.#bar.update(read, { lines, failed, rate, left });
      return;
    }
    if (performance.now() - this.#lastLine < LINE_EVERY) return;
    this.#lastLine = performance.now();
    warn(`${lines} lines, ${failed} failed, ${Math.round(share * 100)} %, ${rate} lines/s, ${left} left`);
  }

  /** Tells of a wait of so many milliseconds: the registry asks for it, or is away. */
  waits(wait: number): void {
    if (this.#bar === undefined && wait >= LINE_EVERY) warn(`waiting ${shownTime(wait / 1000)} for the registry`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

function shownTime(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?'; // a push that goes on reads the beginning again
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.ceil(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}
