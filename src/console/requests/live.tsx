import type { FastifyReply } from 'fastify';
import { choiceIn, type Query } from '../query.js';

/** Seconds after which a live page is loaded anew. */
const SECONDS = '5';

/**
 * Has a page loaded anew every few seconds, if that was asked for: by a header, since it needs no script and the reader can end it.
 *
 * @throws HttpRefusedError 400 for any other interval
 */
export function isLive(query: Query, reply: FastifyReply): boolean {
  const seconds = choiceIn(query, 'live', [SECONDS]);
  if (seconds !== undefined) reply.header('refresh', seconds);
  return seconds !== undefined;
}

interface LiveParts {
  /** The address of the page. */
  readonly path: string;
  readonly isLive: boolean;
}

/** Makes a page live, or ends that. */
export function Live({ path, isLive }: LiveParts) {
  if (isLive) {
    return (
      <p>
        This page is loaded anew every {SECONDS} seconds. <a href={path}>Stop</a>
      </p>
    );
  }
  return (
    <form action={path}>
      <button type="submit" name="live" value={SECONDS}>
        Load anew every {SECONDS} seconds
      </button>
    </form>
  );
}
