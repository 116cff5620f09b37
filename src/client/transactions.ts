import { type Code, message } from '../sppp/result.js';
import type { ChangeItem, ChangeVerb } from './change-item.js';
import type { HttpAnswer } from './http-answer.js';
import { statusError } from './http-connection.js';
import type { Verdict } from './outcome.js';

/** A request as the journal of this server has it (docs/audit.md). */
export interface Transaction {
  readonly serverTransId: string;
  /** Null if the server gave the request up because its client had gone: nothing was done. */
  readonly code: number | null;
  readonly message: string | null;
  readonly committed: boolean;
  readonly applied: number;
  readonly failed: number;
}

/** A failed object as the journal has it. Its index is from 1. */
interface Failure {
  readonly index: number;
  readonly verb: ChangeVerb;
  readonly code: Code;
  readonly attrName: string;
  readonly attrVal: string;
  readonly reason: string | null;
}

type Get = (path: string, query?: Readonly<Record<string, string>>) => Promise<HttpAnswer>;

/** `GET /transaction`: what became of requests whose answers were lost. */
export class Transactions {
  readonly #get: Get;

  constructor(get: Get) {
    this.#get = get;
  }

  /**
   * The requests with this id that have ended, the latest first; undefined at a server that cannot say: only this one has
   * the resource.
   */
  async named(clientTransId: string): Promise<readonly Transaction[] | undefined> {
    const answer = await this.#get('/transaction', { clientTransId });
    const read = await jsonOf(answer);
    if (Array.isArray(read?.transactions)) return read.transactions as readonly Transaction[];
    const error = await statusError(answer);
    if (error.name === 'LostAnswerError') throw error;
    return undefined;
  }

  /** The failed objects of a request, as far as the server has stored them. */
  async failuresOf({ serverTransId }: Transaction, items: readonly ChangeItem[]): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    let after: string | undefined = '0';
    while (after !== undefined) {
      const answer: HttpAnswer = await this.#get(`/transaction/${serverTransId}/failures`, { after });
      const read = await jsonOf(answer);
      if (!Array.isArray(read?.failures)) throw await statusError(answer);
      for (const failure of read.failures as readonly Failure[]) verdicts.push(verdictOf(failure, items));
      [, after] = /\bafter=([0-9]+)$/.exec(String(read.next ?? '')) ?? [];
    }
    return verdicts;
  }
}

/** The JSON of an answer that succeeded. Another answer is left unread. */
async function jsonOf(answer: HttpAnswer): Promise<Record<string, unknown> | undefined> {
  const isJson = /^application\/json\b/i.test(String(answer.headers['content-type'] ?? ''));
  if (answer.status !== 200 || !isJson) return undefined;
  const read: unknown = JSON.parse(await answer.text());
  return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined;
}

/** The verdict that the lost answer had. */
function verdictOf({ index, verb, code, attrName, attrVal, reason }: Failure, items: readonly ChangeItem[]): Verdict {
  const subject = items[index - 1]?.subject;
  if (subject === undefined) throw new Error(`the server tells of object ${index} of a request of ${items.length}`);
  const told = { code, attr: { attrName, attrVal }, object: index, ...(reason === null ? {} : { reason }) };
  return {
    ...{ index: index - 1, verb, code, attribute: attrName, value: attrVal, message: message(told), object: subject },
    ...(reason === null ? {} : { reason }),
  };
}
