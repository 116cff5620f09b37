import type { ClientBase, Pool } from 'pg';
import { statement } from '../connection/statement.js';
import type { ArchivedBody } from './archived-request.js';

/** The journal row of a request. */
export interface JournalRow {
  readonly id: number;
  readonly serverTransId: string;
  readonly clientTransId: string | null;
  readonly registrar: string | null;
  readonly username: string | null;
  readonly certificate: string | null;
  readonly operation: string | null;
  readonly mode: string;
  readonly receivedAt: Date;
  readonly answeredAt: Date | null;
  readonly remoteAddress: string | null;
  readonly userAgent: string | null;
  readonly code: number | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
  readonly objects: number;
  readonly failed: number;
  readonly codes: Readonly<Record<string, number>> | null;
  readonly committed: boolean;
  readonly keptBytes: number | null;
}

const journalRows = `SELECT t.id, t.server_trans_id AS "serverTransId", t.client_trans_id AS "clientTransId",
         rar.org_id AS registrar, c.username, t.certificate, t.operation, t.mode, t.received_at AS "receivedAt",
         t.answered_at AS "answeredAt", host(t.remote_address) AS "remoteAddress", t.user_agent AS "userAgent", t.code,
         t.http_status AS "httpStatus", t.message, t.objects, t.failed, t.committed,
         (SELECT jsonb_object_agg(n.code, n.objects) FROM sppp.transaction_code n WHERE n.transaction_id = t.id) AS codes,
         (SELECT octet_length(b.body) FROM sppp.transaction_body b WHERE b.transaction_id = t.id) AS "keptBytes"
    FROM sppp.transaction t
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id
    LEFT JOIN sppp.credential c ON c.id = t.credential_id`;

type Asked = Pick<ClientBase | Pool, 'query'>;

/** Prepared, because to plan a statement on many partitions takes longer than to carry it out. */
const findByServerTransId = statement<JournalRow>('find a request', `${journalRows} WHERE t.server_trans_id = $1`);
const findByClientTransId = statement<JournalRow>(
  'find requests',
  `${journalRows} WHERE t.client_trans_id = $1 AND t.registrar_id = $2 ORDER BY t.id DESC LIMIT $3`,
);
const findOfAnybody = statement<JournalRow>(
  'find requests of anybody',
  `${journalRows} WHERE t.client_trans_id = $1 ORDER BY t.id DESC LIMIT $2`,
);

/** Whether a text has the form of the server's ids of requests. */
export function isServerTransId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** A request by the id that its answer had. */
export async function findRequest(db: Asked, serverTransId: string): Promise<JournalRow | undefined> {
  const [row] = await findByServerTransId(db, [serverTransId]);
  return row;
}

/** Requests that a registrar sent with this id of its own, the latest first. */
export function findRequestsOf(
  db: Asked,
  registrarId: number,
  clientTransId: string,
  max: number,
): Promise<JournalRow[]> {
  return findByClientTransId(db, [clientTransId, registrarId, max]);
}

/** Requests of all registrars that have this id of their own, the latest first. For operators. */
export function findRequestsOfAnybody(db: Asked, clientTransId: string, max: number): Promise<JournalRow[]> {
  return findOfAnybody(db, [clientTransId, max]);
}

/** Journal rows that one page looks through: those of one registrar may be few among them. */
const PAGE_ROWS = 50_000;

/** Some requests, the latest first. */
export interface RequestPage {
  readonly requests: readonly JournalRow[];
  /** The journal row behind which the next ones are; undefined: there are none. */
  readonly next: number | undefined;
}

/**
 * Requests of a registrar, or of all, that are older than a journal row. As many as `max`, or fewer where a page has looked
 * through enough rows.
 *
 * @param registrarId undefined: of all registrars
 * @param before undefined: the latest ones
 */
export async function listRequests(
  db: Asked,
  registrarId: number | undefined,
  before: number | undefined,
  max: number,
): Promise<RequestPage> {
  const { rows } = await db.query<{ id: number; isShown: boolean }>(
    `SELECT t.id, $1::int IS NULL OR t.registrar_id = $1 AS "isShown" FROM sppp.transaction t
      WHERE $2::bigint IS NULL OR t.id < $2 ORDER BY t.id DESC LIMIT ${PAGE_ROWS}`,
    [registrarId, before],
  );
  const shown = rows.filter(({ isShown }) => isShown).map(({ id }) => id);
  const ids = shown.slice(0, max);
  const requests = await readRequests(db, ids);
  const next = shown.length > max ? ids.at(-1) : rows.length === PAGE_ROWS ? rows.at(-1)?.id : undefined;
  return { requests: requests.reverse(), next };
}

/** Requests by their journal rows, the oldest first. */
export async function readRequests(db: Asked, ids: readonly number[]): Promise<JournalRow[]> {
  const { rows } = await db.query<JournalRow>(`${journalRows} WHERE t.id = ANY ($1) ORDER BY t.id`, [ids]);
  return rows;
}

/** Something that was deleted. */
export interface Deleted {
  readonly transactionId: number;
  readonly registrant: string;
  readonly noun: string;
  readonly key: string;
  readonly offersGone: number;
  readonly referencesGone: number;
}

const deletions = `SELECT d.transaction_id AS "transactionId", rant.org_id AS registrant, d.noun::text AS noun, d.key,
         d.offers_gone AS "offersGone", d.references_gone AS "referencesGone"
    FROM sppp.deletion d
    JOIN sppp.organization rant ON rant.id = d.rant_id`;

/** Deletions of a request, up to a maximum. */
export async function findDeletionsBy(db: Asked, transactionId: number, max: number): Promise<Deleted[]> {
  const { rows } = await db.query<Deleted>(`${deletions} WHERE d.transaction_id = $1 ORDER BY d.id LIMIT $2`, [
    transactionId,
    max,
  ]);
  return rows;
}

/** When an object was deleted, each time. */
export async function findDeletionsOf(db: Asked, registrant: string, noun: string, key: string): Promise<Deleted[]> {
  const { rows } = await db.query<Deleted>(
    `${deletions} WHERE d.key = $3 AND d.noun = $2::sppp.noun AND rant.org_id = $1 ORDER BY d.id`,
    [registrant, noun, key],
  );
  return rows;
}

/** How many objects of each kind a request was the last to write. */
export async function countLastWritten(db: Asked, transactionId: number): Promise<Readonly<Record<string, number>>> {
  const { rows } = await db.query<{ noun: string; count: number }>(
    `SELECT 'DestGrp' AS noun, count(*) FROM sppp.destination_group WHERE transaction_id = $1
     UNION ALL SELECT 'SedRec', count(*) FROM sppp.sed_record WHERE transaction_id = $1
     UNION ALL SELECT 'SedGrp', count(*) FROM sppp.sed_group WHERE transaction_id = $1
     UNION ALL SELECT 'SedGrpOffer', count(*) FROM sppp.sed_group_offer WHERE transaction_id = $1
     UNION ALL SELECT 'EgrRte', count(*) FROM sppp.egress_route WHERE transaction_id = $1
     UNION ALL SELECT 'PubId', count(*) FROM sppp.public_identifier WHERE transaction_id = $1`,
    [transactionId],
  );
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ noun, count }) => [noun, count]));
}

/** An object that is there now. */
export interface StoredObject {
  readonly transactionId: number;
  readonly registrar: string;
  readonly cDate: Date;
  readonly mDate: Date | null;
}

const tables: Readonly<Record<string, string>> = {
  DestGrp: 'sppp.destination_group o WHERE o.name_key = $2',
  SedRec: 'sppp.sed_record o WHERE o.name_key = $2',
  SedGrp: 'sppp.sed_group o WHERE o.name_key = $2',
  EgrRte: 'sppp.egress_route o WHERE o.name_key = $2',
  PubId: `sppp.public_identifier o WHERE o.value = substr($2, strpos($2, ' ') + 1)
             AND o.kind = split_part($2, ' ', 1)::sppp.public_identifier_kind`,
  // Names and ids may have ` to ` in them. There are fewer organizations than offers.
  SedGrpOffer: `(SELECT f.*, g.rant_id FROM sppp.organization peer
                   JOIN sppp.sed_group g ON g.name_key = left($2, -length(' to ' || peer.org_id))
                   JOIN sppp.sed_group_offer f ON f.sed_group_id = g.id AND f.offered_to_id = peer.id
                  WHERE right($2, length(' to ' || peer.org_id)) = ' to ' || peer.org_id) o WHERE true`,
};

/** The state of an object, named by noun and key as in its deletion; undefined if it does not exist. */
export async function findStoredObject(
  db: Asked,
  registrant: string,
  noun: string,
  key: string,
): Promise<StoredObject | undefined> {
  const { rows } = await db.query<StoredObject>(
    `SELECT o.transaction_id AS "transactionId", rar.org_id AS registrar, coalesce(o.c_date, t.received_at) AS "cDate",
            o.m_date AS "mDate"
       FROM (SELECT o.* FROM ${tables[noun]}) o
       JOIN sppp.organization rant ON rant.id = o.rant_id
       JOIN sppp.transaction t ON t.id = o.transaction_id
       JOIN sppp.organization rar ON rar.id = coalesce(o.rar_id, t.registrar_id)
      WHERE rant.org_id = $1`,
    [registrant, key],
  );
  return rows[0];
}

/** An archived request, with the id that it is bound to. */
export interface ArchivedRow extends ArchivedBody {
  readonly transactionId: number;
  readonly serverTransId: string;
}

const archivedRows = `SELECT b.transaction_id AS "transactionId", t.server_trans_id AS "serverTransId", b.encoding,
         b.is_whole AS "isWhole", b.charset, b.key_print AS "keyPrint", b.body
    FROM sppp.transaction_body b JOIN sppp.transaction t ON t.id = b.transaction_id`;

/** The archived request. */
export async function readArchived(db: Asked, transactionId: number): Promise<ArchivedBody | undefined> {
  const { rows } = await db.query<ArchivedRow>(`${archivedRows} WHERE b.transaction_id = $1`, [transactionId]);
  return rows[0] && present(rows[0]);
}

/** Archived requests by their journal rows, the latest first. */
export async function readArchivedRows(db: Asked, transactionIds: readonly number[]): Promise<ArchivedRow[]> {
  const { rows } = await db.query<ArchivedRow>(
    `${archivedRows} WHERE b.transaction_id = ANY ($1::bigint[]) ORDER BY b.transaction_id DESC`,
    [transactionIds],
  );
  return rows.map(present);
}

/** Archived requests that are read at once, and about the bytes of them. */
const PAGE_REQUESTS = 64;
const PAGE_BYTES = 4_194_304;

/** Kept requests that changed something, since then, the oldest first. */
export async function* archivedChanges(db: Asked, since: Date): AsyncGenerator<ArchivedRow> {
  for (let after = 0; ; ) {
    // As many as fit beside each other: one may have as many bytes as all others.
    const { rows } = await db.query<ArchivedRow>(
      `WITH next AS (
         SELECT b.transaction_id, octet_length(b.body) AS bytes
           FROM sppp.transaction_body b JOIN sppp.transaction t ON t.id = b.transaction_id
          WHERE b.transaction_id > $1 AND t.committed AND t.received_at >= $2
          ORDER BY b.transaction_id LIMIT ${PAGE_REQUESTS})
       ${archivedRows}
        WHERE b.transaction_id IN (
              SELECT transaction_id
                FROM (SELECT transaction_id, bytes, sum(bytes) OVER (ORDER BY transaction_id) AS so_far FROM next) n
               WHERE so_far <= ${PAGE_BYTES} OR so_far = bytes)
        ORDER BY b.transaction_id`,
      [after, since],
    );
    for (const row of rows) yield present(row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.transactionId;
  }
}

/** Replaces null of the database by undefined. */
function present<Row extends ArchivedBody>(row: Row): Row {
  return { ...row, charset: row.charset ?? undefined, keyPrint: row.keyPrint ?? undefined };
}
