import { encodeDetail } from '../sppp/encode.js';
import { HeldText, type Hold } from '../sppp/held-text.js';
import type { Answer, Detail, Head } from '../sppp/message.js';
import { failuresOf } from './tally.js';

/** Details that an answer holds as such. */
const FEW = 64;

/** The details of an answer: many are made to text, so that their objects need not wait for a client that reads slowly. */
export async function heldDetails(
  details: readonly Detail[],
  { rule }: Head,
  hold: Hold,
): Promise<Pick<Answer, 'details' | 'held' | 'failures'>> {
  if (details.length <= FEW) return { details };
  const held = new HeldText(hold);
  for (const detail of details) {
    const full = held.add(encodeDetail(rule.operation, detail));
    if (full !== undefined) await full;
  }
  return { details: [], held, failures: failuresOf(details) };
}
