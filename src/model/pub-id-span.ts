import { type NumberSpan, spanOfNumber, spanOfPrefix, spanOfRange } from '../values/number-span.js';
import { pubIdName } from './identity.js';
import type { PubIdKey } from './key.js';
import type { PubId } from './pub-id.js';

/** The span of an identifier, object or key; undefined for a URI. */
export function spanOfPubId(subject: PubId | PubIdKey): NumberSpan | undefined {
  const { type, value } = pubIdName(subject);
  if (type === 'URI') return undefined;
  if (type === 'TNPrefix') return spanOfPrefix(value);
  if (type !== 'TNRange') return spanOfNumber(value);
  const [start = '', end = ''] = value.split('-');
  const span = spanOfRange(start, end);
  return 'error' in span ? undefined : span;
}
