import type { StopSignal } from '../client/connect.js';
import type { PushCounts } from './push-state.js';

/** What a push tells while it works. */
export interface PushHooks {
  /** Stops it: requests under way end. */
  readonly signal: StopSignal;
  onProgress(progress: {
    readonly counts: PushCounts;
    /** Bytes of the file that were read, and all of them. */
    readonly read: number;
    readonly size: number;
  }): void;
  /** Called with the milliseconds of each wait that the server asked for. */
  onThrottled(wait: number): void;
}
