import type { PushStoppedError } from '../carrier/push-stopped.js';
import { SpppError } from '../client/connect.js';
import { FormError } from '../forms/fault.js';
import { shellWord } from '../values/shell-word.js';

/** What to tell of a push that ended early, behind its error: what became of the lines, and which command goes on. */
export function adviceOn({ cause, report, canGoOn, at }: PushStoppedError, file: string, isCheck: boolean): string[] {
  const command = `sppp push ${shellWord(file)}`;
  const { results } = report;
  const told: string[] = [];
  if (at !== undefined && cause instanceof SpppError) {
    const lines = at.first === at.last ? `line ${at.first}` : `lines ${at.first} to ${at.last}`;
    const fate = at.isUndone
      ? 'the registry has carried out nothing of it'
      : 'it is not known yet what the registry has carried out of it';
    told.push(
      `${file}: the request was that of ${lines}; ${fate}; line ${at.first} and those behind it have no verdict`,
    );
  }
  if (canGoOn) {
    told.push(
      cause instanceof SpppError ? `when that is mended, ${command} --resume goes on` : `${command} --resume goes on`,
    );
  } else if (cause instanceof FormError) {
    const rest = isCheck
      ? ' --check'
      : ` --restart${results === undefined ? '' : ` --only-failed ${shellWord(results)}`}`;
    told.push(
      `the lines before have been ${isCheck ? 'checked' : 'sent'}; when the file is mended, ${command}${rest} goes on`,
    );
  }
  return told;
}

/** What to tell of a push that the registry refused before anything was carried out. */
export function adviceOnNothing(file: string): string {
  return `${file}: nothing is done of any line; when that is mended, sppp push ${shellWord(file)} begins again`;
}
