import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from '../carrier/progress.js';
import { warn } from './output.js';

/** Milliseconds between two lines where there is no terminal. */
const LINE_EVERY = 10_000;

/** Moves to the beginning of the line, and empties it. */
const CLEAR_LINE = '\r\u001b[K';

/** Where a step began: an earlier run may have done a part of it. */
interface Step {
  readonly name: string;
  readonly begun: number;
  readonly done: number;
  readonly share: number | undefined;
}

/**
 * Shows on standard error how far a command has come: a bar with rate and time left on a terminal, a line now and then
 * elsewhere. Without an end that is known, there is no bar and no time left.
 */
export class ProgressBar {
  #bar: SingleBar | undefined;
  #step: Step | undefined;
  #lastLine = performance.now();

  /** Shows what is done by now. */
  show(progress: Progress): void {
    const { unit, step = '', done, share } = progress;
    const name = `${unit} ${step}`;
    if (this.#step?.name !== name) {
      this.stop();
      this.#step = { name, begun: performance.now(), done, share };
      this.#lastLine = performance.now();
      if (process.stderr.isTTY) this.#bar = barOf(share !== undefined);
    }
    const words = wordsOf(progress, this.#step);
    if (this.#bar !== undefined) {
      const text = words.join(' | ');
      if (!this.#bar.isActive) this.#bar.start(1, share ?? 0, { text });
      this.#bar.update(share ?? 0, { text });
      return;
    }
    if (performance.now() - this.#lastLine < LINE_EVERY) return;
    this.#lastLine = performance.now();
    const [counts = '', ...others] = words;
    warn([counts, ...(share === undefined ? [] : [`${Math.round(share * 100)} %`]), ...others].join(', '));
  }

  /** Prints a warning, on a line of its own. */
  warn(text: string): void {
    if (this.#bar?.isActive) process.stderr.write(CLEAR_LINE);
    warn(text);
  }

  /** Tells of a wait of so many milliseconds: the registry asks for it, or is away. */
  waits(wait: number): void {
    if (this.#bar === undefined && wait >= LINE_EVERY) warn(`waiting ${shownTime(wait / 1000)} for the registry`);
  }

  /** Leaves the bar as it is. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function barOf(isEndKnown: boolean): SingleBar {
  const format = isEndKnown ? '{bar} {percentage} % | {text}' : '{text}';
  // It is drawn again though it is the same: a warning may have taken its line.
  const options = { format, stream: process.stderr, hideCursor: true, noTTYOutput: false, forceRedraw: true };
  return new SingleBar(options, Presets.shades_classic);
}

/** What is done, how fast, and how long the rest takes if somebody knows. */
function wordsOf({ unit, step, done, failed, share }: Progress, begun: Step): string[] {
  const seconds = (performance.now() - begun.begun) / 1000;
  const rate = Math.round((done - begun.done) / seconds) || 0;
  return [
    `${done} ${unit}${step === undefined ? '' : ` ${step}`}${failed === undefined ? '' : `, ${failed} failed`}`,
    `${rate} ${unit}/s`,
    ...(share === undefined || begun.share === undefined
      ? []
      : [`${shownTime((seconds / (share - begun.share)) * (1 - share))} left`]),
  ];
}

function shownTime(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?'; // a push that goes on reads the beginning again
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.ceil(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}
