/** How far a task has come. */
export interface Progress {
  readonly unit: 'lines' | 'objects' | 'changes';
  /** What is done with them, if the task has several steps. */
  readonly step?: string;
  readonly done: number;
  readonly failed?: number;
  /** The part of the work that is done, from 0 to 1; no number: nobody knows how much there is. */
  readonly share?: number | undefined;
}

/** What a task tells while it works, and what stops it. */
export interface TaskHooks {
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}
