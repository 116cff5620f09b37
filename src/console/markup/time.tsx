import { createContext } from 'preact';
import { localTime } from './local-time.js';

/** The zone of who reads a page; undefined: UTC alone. */
export const Zone = createContext<string | undefined>(undefined);

/** A time in UTC, to the second, and beside it in the reader's zone. */
export function Time({ at }: { readonly at: Date }) {
  const text = at.toISOString();
  const utc = <time dateTime={text}>{`${text.slice(0, 10)} ${text.slice(11, 19)} UTC`}</time>;
  return (
    <Zone.Consumer>
      {(zone: string | undefined) =>
        zone === undefined ? (
          utc
        ) : (
          <>
            {utc} <span class="faint">{localTime(at, zone)}</span>
          </>
        )
      }
    </Zone.Consumer>
  );
}
