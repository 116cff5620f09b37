import type { QueuedConnection } from '../connection/queued-connection.js';
import { lateWrite, statement, write } from '../connection/statement.js';
import type { ArchivedBody } from './archived-request.js';
import { failedArrays, failedColumns, failedInto } from './failed-objects.js';
import { type Outcome, type Received, requestLock } from './journal.js';

/**
 * What locks the request lets `commit-inquiry` wait for the end of this transaction before there is a row. The limit leaves no
 * row out; without it, PostgreSQL plans the statement anew each time (`stored-objects`).
 */
const openRows = statement<{ id: number }>(
  'open journal rows',
  `SELECT nextval('sppp.transaction_id_seq') AS id
     FROM pg_advisory_xact_lock(${requestLock('$2')}), (SELECT FROM generate_series(1, $1) LIMIT $1) each,
          set_config('lock_timeout', coalesce($3, current_setting('lock_timeout')), true)`,
);

/** What goes with the rows once the outcomes are known. */
const andCodesAndBodies = (first: number) => {
  const arrays = (types: readonly string[], from: number) => types.map((type, index) => `$${from + index}::${type}[]`);
  return `counted AS (
     INSERT INTO sppp.transaction_code (transaction_id, code, objects)
     SELECT * FROM unnest(${arrays(['bigint', 'smallint', 'int'], first)}))
   INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, charset, key_print, body)
   SELECT * FROM unnest(${arrays(['bigint', 'timestamptz', 'text', 'boolean', 'text', 'text', 'bytea'], first + 3)})`;
};

const writeRows = lateWrite(
  'write journal rows',
  `WITH written AS (
     INSERT INTO sppp.transaction
       (id, server_trans_id, client_trans_id, registrar_id, credential_id, certificate, operation, mode, received_at,
        remote_address, user_agent, code, http_status, message, objects, failed, committed, answered_at)
     OVERRIDING SYSTEM VALUE
     SELECT id, server_trans_id, client_trans_id, registrar_id, credential_id, certificate, operation, mode, received_at,
            remote_address, user_agent, code, http_status, message, coalesce(objects, 0), coalesce(failed, 0),
            coalesce(committed, false), answered_at
       FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::text[], $5::int[], $6::int[], $7::boolean[],
                   $8::timestamptz[], $19::uuid[], $20::text[], $21::int[], $22::int[], $23::text[], $24::text[],
                   $25::text[], $26::timestamptz[], $27::inet[], $28::text[])
         AS n(id, code, http_status, message, objects, failed, committed, answered_at, server_trans_id, client_trans_id,
              registrar_id, credential_id, certificate, operation, mode, received_at, remote_address, user_agent)),
   ${andCodesAndBodies(9)}`,
);

const closeRows = write(
  'close journal rows',
  `WITH closed AS (
     UPDATE sppp.transaction t
        SET code = o.code, http_status = o.http_status, message = o.message, objects = o.objects, failed = o.failed,
            committed = o.committed, answered_at = o.answered_at
       FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::text[], $5::int[], $6::int[], $7::boolean[],
                   $8::timestamptz[])
         AS o(id, code, http_status, message, objects, failed, committed, answered_at)
      WHERE t.id = o.id),
   ${andCodesAndBodies(9)}`,
);

/** Bytes of a body that goes in an array with others; the driver writes arrays as hexadecimal text, which blocks for longer ones. */
const MAX_BODY_IN_ARRAY_BYTES = 65_536;

const storeBody = write(
  'store an archived request',
  `INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, charset, key_print, body)
   VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);

const keepFailed = write(
  'keep failed objects',
  `INSERT INTO ${failedInto} SELECT * FROM unnest($1::bigint[], ${failedArrays(2)})`,
);

/** A request's body, beside its journal row. */
interface Body extends ArchivedBody {
  readonly id: number;
  readonly receivedAt: Date;
}

/** The journal rows of requests that share a transaction, which also writes what they ask for. */
export class OpenJournals {
  /** The row ids, for what the requests write. */
  readonly ids: Promise<readonly number[]>;
  readonly #db: QueuedConnection;
  readonly #received: readonly Received[];
  #areWritten = false;
  #isDropped = false;
  /** The outcomes, if they are known before the rows go to the database. */
  #outcome: readonly unknown[] = openOutcome;

  /**
   * Opens the rows. Each row goes to the database before the first statement that may name it, and once if its outcome is
   * known by then, as it is where a request waits for nothing after its verdicts.
   *
   * @param lockTimeout milliseconds that a statement of this transaction may wait for a lock; by default what the session says
   */
  constructor(db: QueuedConnection, received: readonly Received[], lockTimeout?: number) {
    this.#db = db;
    this.#received = received;
    this.ids = this.#open(lockTimeout);
  }

  async #open(lockTimeout: number | undefined): Promise<readonly number[]> {
    const received = this.#received;
    const asked = [received.length, received[0]?.serverTransId, lockTimeout];
    const ids = (await openRows(this.#db, asked)).map(({ id }) => id);
    if (this.#isDropped) return ids; // What is asked for now would come after the end of the transaction.
    writeRows(this.#db, () => {
      this.#areWritten = true;
      return [
        ids,
        ...this.#outcome,
        received.map(({ serverTransId }) => serverTransId),
        received.map(({ clientTransId }) => clientTransId),
        received.map(({ registrarId }) => registrarId),
        received.map(({ credentialId }) => credentialId),
        received.map(({ certificate }) => certificate),
        received.map(({ operation }) => operation),
        received.map(({ mode }) => mode),
        received.map(({ receivedAt }) => receivedAt),
        received.map(({ remoteAddress }) => remoteAddress),
        received.map(({ userAgent }) => userAgent),
      ];
    });
    return ids;
  }

  /**
   * Closes the rows before the commit, with the requests themselves and what failed of them beside them, so that all of it
   * is durable together or not at all. The statements are sent, and their failure is that of the commit.
   */
  async close(outcomes: readonly Outcome[]): Promise<void> {
    const ids = await this.ids;
    const db = this.#db;
    const bodies = await this.#bodies(ids);
    const outcome = outcomeColumns(ids, outcomes, bodies.filter(isSmall));
    if (this.#areWritten) closeRows(db, [ids, ...outcome]);
    else this.#outcome = outcome;
    for (const each of bodies) {
      const { id, receivedAt, encoding, isWhole, charset, keyPrint, body } = each;
      if (!isSmall(each)) storeBody(db, [id, receivedAt, encoding, isWhole, charset, keyPrint, body]);
    }
    const failed = outcomes.flatMap(({ failedObjects }, index) =>
      failedObjects.map((one) => ({ id: ids[index], one })),
    );
    if (failed.length === 0) return;
    keepFailed(db, [failed.map(({ id }) => id), ...failedColumns(failed.map(({ one }) => one))]);
  }

  /** Writes no row that has not been asked for yet: the transaction is going to be undone. */
  drop(): void {
    this.#isDropped = true;
  }

  async #bodies(ids: readonly number[]): Promise<Body[]> {
    const bodies = await Promise.all(
      this.#received.map(async ({ archived, serverTransId, receivedAt }, index) => {
        const body = await archived?.finish(serverTransId);
        return body === undefined ? [] : [{ id: ids[index] as number, receivedAt, ...body }];
      }),
    );
    return bodies.flat();
  }
}

function isSmall({ body }: Body): boolean {
  return body.length <= MAX_BODY_IN_ARRAY_BYTES;
}

/** The parameters of a row's outcome, behind the ids of the rows, and of what goes with it. */
function outcomeColumns(
  ids: readonly number[],
  outcomes: readonly Outcome[],
  bodies: readonly Body[],
): readonly unknown[] {
  const codes = outcomes.flatMap((outcome, index) =>
    [...outcome.codes].map(([code, objects]) => ({ id: ids[index], code, objects })),
  );
  return [
    outcomes.map(({ code }) => code),
    outcomes.map(({ httpStatus }) => httpStatus),
    outcomes.map(({ message }) => message),
    outcomes.map(({ objects }) => objects),
    outcomes.map(({ failed }) => failed),
    outcomes.map(({ committed }) => committed),
    outcomes.map(({ answeredAt }) => answeredAt),
    codes.map(({ id }) => id),
    codes.map(({ code }) => code),
    codes.map(({ objects }) => objects),
    bodies.map(({ id }) => id),
    bodies.map(({ receivedAt }) => receivedAt),
    bodies.map(({ encoding }) => encoding),
    bodies.map(({ isWhole }) => isWhole),
    bodies.map(({ charset }) => charset),
    bodies.map(({ keyPrint }) => keyPrint),
    bodies.map(({ body }) => body),
  ];
}

/** The same while the outcome is not known: as many empty columns. */
const openOutcome = outcomeColumns([], [], []);
