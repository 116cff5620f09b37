import { readContentType } from '../soap/content-type.js';
import { Envelope } from '../soap/envelope.js';
import { SoapFault } from '../soap/fault.js';
import { XmlReader } from '../soap/read-xml.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { type Answer, AnswerDecoder } from '../sppp/decode-answer.js';
import type { RequestRule } from '../sppp/grammar.js';
import { type HttpAnswer, retryAfterOf } from './http-answer.js';
import { statusError } from './http-connection.js';
import { FaultAnswerError, ThrottledError, UnreadableAnswerError, WholeRequestError } from './sppp-error.js';

/** An object lies one element deeper in an answer than in its request. */
const limits = { ...defaultXmlLimits, depth: defaultXmlLimits.depth + 4 };

/** The codes of requests that were judged: their objects have verdicts, and 2101 and 2103 are those of queries. */
const judged: ReadonlySet<number> = new Set([1000, 2100, 2101, 2102, 2103]);

/**
 * Reads the answer to a request as a stream. Nothing but its objects and details is held.
 *
 * @throws ThrottledError 2300, WholeRequestError for the other codes of a whole request, FaultAnswerError for a SOAP fault,
 * HttpStatusError and LostAnswerError for an answer without SOAP, UnreadableAnswerError for one that is no answer to it
 */
export async function readSpppAnswer(rule: RequestRule, answer: HttpAnswer): Promise<Answer> {
  const type = readContentType(String(answer.headers['content-type'] ?? ''));
  if (type === undefined) throw await unexpected(answer);
  const decoder = new AnswerDecoder(rule);
  const reader = new XmlReader(new Envelope(decoder), limits, type.charset);
  try {
    for await (const piece of answer) reader.write(piece);
    reader.end();
  } catch (error) {
    if (!(error instanceof SoapFault)) throw error;
    throw new UnreadableAnswerError(`the answer cannot be read: ${error.reason}`);
  }
  const read = decoder.answer;
  if (read === undefined) throw new UnreadableAnswerError(`the answer is no ${rule.responseWrapper}`);
  if ('faultCode' in read) throw new FaultAnswerError(`SOAP fault ${read.faultCode}: ${read.reason}`, read.faultCode);
  if (read.code === 2300) throw new ThrottledError(`2300 ${read.msg}`, retryAfterOf(answer));
  if (!judged.has(read.code)) throw wholeRequestError(read);
  return read;
}

/** The error of a request that was refused as a whole. */
export function wholeRequestError({ code, msg }: Pick<Answer, 'code' | 'msg'>): WholeRequestError {
  const [, most] = /\bMaxSupported:([0-9]{1,9})\b/.exec(msg) ?? [];
  return new WholeRequestError(`${code} ${msg}`, code, most === undefined ? undefined : Number(most));
}

async function unexpected(answer: HttpAnswer): Promise<Error> {
  if (answer.status !== 200) return statusError(answer);
  const shown = String(answer.headers['content-type'] ?? 'none').slice(0, 80);
  await answer.text(); // So that the connection can be used again.
  return new UnreadableAnswerError(`the answer is no SOAP: its Content-Type is ${shown}`);
}
