import type { CloudEvent } from '../events/cloud-event.js';
import type { StopSignal } from './bulk-options.js';

/** Which events are read, and where reading begins. */
export interface EventOptions {
  /** Name under which the server keeps how far was read; `default` if there is no `after` either. */
  readonly consumer?: string | undefined;
  /** Position, such as the id of the last event; without it, reading begins behind what the consumer has acknowledged. */
  readonly after?: string | number | undefined;
  /** Types, and prefixes such as `sppp.offer.*`; all without it. */
  readonly types?: readonly string[] | undefined;
  /** Events of one page; 100. */
  readonly limit?: number | undefined;
  /** Whether to wait for further events for ever; without it, reading ends with the last one. */
  readonly follow?: boolean | undefined;
  /** Ends the reading; its reason is thrown. */
  readonly signal?: StopSignal | undefined;
}

/** Some events in their order, at least one unless only `next` has moved. */
export interface EventPage {
  readonly events: readonly CloudEvent[];
  /** Position to acknowledge when all of them are dealt with. */
  readonly next: string;
}

/** An acknowledgement of all events up to a position. */
export interface EventAck {
  /** `default` without it. */
  readonly consumer?: string | undefined;
  readonly position: string | number;
  /** Whether the consumer may go back to an earlier position. */
  readonly back?: boolean | undefined;
}

/** How far a consumer has read. */
export interface EventConsumer {
  readonly name: string;
  readonly position: number;
  /** The last position that was deleted before it was acknowledged; null: none was. */
  readonly missedUntil: number | null;
}
