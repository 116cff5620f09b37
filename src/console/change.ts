import type { FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import type { ArchiveSettings, Limits } from '../config.js';
import { clientAddress } from '../http/client-address.js';
import type { Drain } from '../http/drain.js';
import { HttpRefusedError } from '../http/http-refused.js';
import { tooManyRequests } from '../http/too-many-requests.js';
import { TooManyRequestsError } from '../intake/accounts.js';
import { takeIn } from '../intake/intake.js';
import type { Intake, IntakeRequest, RequestSource } from '../intake/request.js';
import type { Mode } from '../operations/outcome.js';
import { ArchivedRequest } from '../registry/journal/archived-request.js';
import { CommitInDoubtError } from '../registry/journal/commit-inquiry.js';
import { envelopeClose, envelopeOpen } from '../soap/write-xml.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { encodeRequest, type SentItem } from '../sppp/encode-request.js';
import { requests } from '../sppp/grammar.js';
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
  const { intake, drain } = parts;
  const items = subjects.map((subject): SentItem => ({ verb, subject }));
  for (const item of items) {
    const fault = unsendable(item);
    if (fault !== undefined) throw new HttpRefusedError(400, `${message(fault)}.`);
  }
  const head: Head = {
    rule: found(
      requests.find(({ kind, verbs }) => kind === 'change' && [...verbs.values()].every((each) => each === verb)),
      `the operation to ${verb}`,
    ),
    ...{ offeredBy: [], offeredTo: [] },
  };
  const asked: IntakeRequest<SpppResponse> = {
    ...{ caller, mode, userAgent: USER_AGENT, since: performance.now(), log: request.log, span: request.span },
    address: clientAddress(request),
    disconnected: drain.disconnected(request.raw.socket),
    onAdmitted: () => undefined,
    open: () => sourceOf(head, items, parts),
    send: async (answer) => answer,
    refusalOf: () => ({ status: 500, reason: 'the server failed' }),
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

/** The change as the SOAP request that it amounts to, which is read and archived as those of carriers are. */
function sourceOf(head: Head, items: readonly SentItem[], { archive, limits }: ChangeParts): RequestSource {
  const archived = archive.isOn ? new ArchivedRequest(archive, 'identity', undefined) : undefined;
  const reader = new RequestReader(bytesOf(head, items, archived), { ...defaultXmlLimits, ...limits }, undefined);
  return {
    archived,
    head: async () => ({ head: await reader.readHead() }),
    objectionTo: () => undefined,
    items: () => reader.items(),
    readAgain: undefined,
    close: async () => {
      await reader.close();
      archived?.drop();
    },
  };
}

async function* bytesOf(
  head: Head,
  items: readonly SentItem[],
  archived: ArchivedRequest | undefined,
): AsyncGenerator<Uint8Array, void> {
  const texts = function* () {
    yield envelopeOpen('1.1');
    yield* encodeRequest(head, items);
    yield envelopeClose();
  };
  for (const text of texts()) {
    const chunk = Buffer.from(text);
    await archived?.write(chunk);
    yield chunk;
  }
  archived?.end();
}
