/** The files beside a file that is pushed. */
export interface PushFiles {
  /** The verdict on each line. */
  readonly results: string;
  /** How far an unfinished push has come. */
  readonly state: string;
  /** The verdicts that `--only-failed` starts from, while the new ones are written to the same place. */
  readonly before: string;
}

/** Their names. A dry run has verdicts of its own, so that it never touches those of a push. */
export function pushFiles(file: string, isCheck: boolean): PushFiles {
  return {
    results: `${file}.${isCheck ? 'check' : 'results'}.csv`,
    state: `${file}.push-state`,
    before: `${file}.results.before.csv`,
  };
}
