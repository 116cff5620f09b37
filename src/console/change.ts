import type { FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import type { ArchiveSettings, Limits } from '../config.js';
import { clientAddress } from '../http/client-address.js';
import type { Drain } from '../http/drain.js';
import { HttpRefusedError } from '../http/http-refused.js';
import { tooManyRequests } from '../http/too-many-requests.js';
import { TooManyRequestsError } from '../intake/accounts.js';
import { takeIn } from '../intake/intake.js';
import type { Intake, IntakeRequest, RequestSource, UnreadRefusal } from '../intake/request.js';
import type { Mode } from '../operations/outcome.js';
import { OperatorError } from '../operator-error.js';
import { ArchivedRequest } from '../registry/journal/archived-request.js';
import { CommitInDoubtError } from '../registry/journal/commit-inquiry.js';
import { envelopeClose, envelopeOpen } from '../soap/write-xml.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { encodeBatches, type SentItem } from '../sppp/encode-request.js';
import { type RequestRule, requests } from '../sppp/grammar.js';
import type { Head, Item, SpppResponse } from '../sppp/message.js';
import { RequestReader } from '../sppp/read-request.js';
import { message } from '../sppp/result.js';
import { unsendable } from '../sppp/unsendable.js';
import { found } from '../values/found.js';

/** What changes are carried out with. */
export interface ChangeParts {
  readonly intake: Intake;
  readonly archive: ArchiveSettings;
  readonly limits: Limits;
  readonly drain: Pick<Drain, 'finish' | 'disconnected'>;
}

/** A change that somebody asks for on a page. */
export interface Change {
  /** All items have the same. */
  readonly verb: Exclude<Item['verb'], 'get'>;
  readonly subjects: readonly SentItem['subject'][];
  readonly mode: Mode;
}

/** A change whose items come as they are read. */
export interface LongChange {
  /** The operation, which has the verbs of all items. */
  readonly rule: RequestRule;
  /** Items as `unsendable` admits them. */
  readonly batches: AsyncIterable<readonly SentItem[]>;
  readonly mode: Mode;
}

/** The operation that has all verbs. */
export const BATCH = ruleOf('changes', ({ verbs }) => verbs.size > 1);

/** By this the journal knows the requests of the console. */
export const USER_AGENT = 'console';

/**
 * Carries out a change by the stages of every request: it is judged, journalled and archived as the SOAP request that it
 * amounts to.
 *
 * @throws HttpRefusedError 400 for a text that XML cannot hold, 429 for a registrar that asks for too much, 503 if nobody knows whether it was done
 */
export async function carryOut(
  request: FastifyRequest,
  caller: Caller,
  { verb, subjects, mode }: Change,
  parts: ChangeParts,
): Promise<SpppResponse> {
  const items = subjects.map((subject): SentItem => ({ verb, subject }));
  for (const item of items) {
    const fault = unsendable(item);
    if (fault !== undefined) throw new HttpRefusedError(400, `${message(fault)}.`);
  }
  const rule = ruleOf(verb, ({ verbs }) => [...verbs.values()].every((each) => each === verb));
  const batches = (async function* () {
    yield items;
  })();
  return carryOutItems(request, caller, { rule, batches, mode }, parts);
}

/**
 * The same for a change of any length. Many details of its answer are held as text, which the caller drops.
 *
 * @throws HttpRefusedError 429 and 503 as above, and what reading the items throws: then nothing is carried out
 */
export async function carryOutItems(
  request: FastifyRequest,
  caller: Caller,
  { rule, batches, mode }: LongChange,
  parts: ChangeParts,
): Promise<SpppResponse> {
  const { intake, drain } = parts;
  const head: Head = { rule, offeredBy: [], offeredTo: [] };
  const asked: IntakeRequest<SpppResponse> = {
    ...{ caller, mode, userAgent: USER_AGENT, since: performance.now(), log: request.log, span: request.span },
    address: clientAddress(request),
    disconnected: drain.disconnected(request.raw.socket),
    onAdmitted: () => undefined,
    open: () => sourceOf(head, batches, parts),
    send: async (answer) => answer,
    refusalOf: unreadRefusal,
    refuse: async (error) => {
      throw error;
    },
  };
  try {
    return await drain.finish(takeIn(asked, intake));
  } catch (error) {
    if (error instanceof TooManyRequestsError) throw tooManyRequests(error, caller);
    if (error instanceof CommitInDoubtError) {
      throw new HttpRefusedError(503, 'The database went away; look whether the change was made before you repeat it.');
    }
    throw error;
  }
}

/** The operation of a change that has such verbs. */
function ruleOf(what: string, fits: (rule: RequestRule) => boolean): RequestRule {
  return found(
    requests.find((rule) => rule.kind === 'change' && fits(rule)),
    `the operation for ${what}`,
  );
}

/** How the journal has a change whose items could not be read to their end. */
function unreadRefusal(error: unknown): UnreadRefusal {
  if (error instanceof HttpRefusedError) return { status: error.status, reason: error.reason };
  if (error instanceof OperatorError) return { status: 400, reason: error.message.split('\n', 1).join() };
  return { status: 500, reason: 'the server failed' };
}

/** The change as the SOAP request that it amounts to, which is read and archived as those of carriers are. */
function sourceOf(head: Head, batches: LongChange['batches'], { archive, limits }: ChangeParts): RequestSource {
  const archived = archive.isOn ? new ArchivedRequest(archive, 'identity', undefined) : undefined;
  const readerOf = (bytes: AsyncIterable<Uint8Array>) =>
    new RequestReader(bytes, { ...defaultXmlLimits, ...limits }, undefined);
  const reader = readerOf(bytesOf(head, batches, archived));
  let again: RequestReader | undefined;
  return {
    archived,
    head: async () => ({ head: await reader.readHead() }),
    objectionTo: () => undefined,
    items: () => reader.items(),
    readAgain:
      archived &&
      (async () => {
        await again?.close();
        const body = await archived.readAgain();
        again = body && readerOf(body);
        return again?.items();
      }),
    close: async () => {
      await reader.close();
      await again?.close();
      archived?.drop();
    },
  };
}

async function* bytesOf(
  head: Head,
  batches: LongChange['batches'],
  archived: ArchivedRequest | undefined,
): AsyncGenerator<Uint8Array, void> {
  const texts = async function* () {
    yield envelopeOpen('1.1');
    yield* encodeBatches(head, batches);
    yield envelopeClose();
  };
  for await (const text of texts()) {
    const chunk = Buffer.from(text);
    await archived?.write(chunk);
    yield chunk;
  }
  archived?.end();
}
