import pg from 'pg';

/** An organization that shares the destination group SHARED with another one, whose feed is read. */
export const sharing = { owner: 'iana-en:1', asker: 'iana-en:2' };

const OWNER = `(SELECT id FROM sppp.organization WHERE org_id = '${sharing.owner}')`;
const ASKER = `(SELECT id FROM sppp.organization WHERE org_id = '${sharing.asker}')`;
const BASIC = `(SELECT max(id) FROM sppp.transaction WHERE xid = pg_current_xact_id()::text::bigint), now(), ${OWNER}, ${OWNER}`;

/** One session that writes to the registry as requests do, each in a transaction that stays open until the test ends it. */
export class SharingWriter {
  readonly #db: pg.Client;
  #isOpen = false;

  private constructor(db: pg.Client) {
    this.#db = db;
  }

  static async open(url: string): Promise<SharingWriter> {
    const db = new pg.Client({ connectionString: url });
    db.on('error', () => undefined);
    await db.connect();
    return new SharingWriter(db);
  }

  /** Both organizations, the groups SHARED and HIDDEN, and the accepted offer of an SED group that serves SHARED. */
  async setUp(): Promise<void> {
    await this.#db.query(`INSERT INTO sppp.organization (org_id) VALUES ('${sharing.owner}'), ('${sharing.asker}')`);
    await this.begin();
    for (const [table, more, values] of [
      ['destination_group', '', ''],
      ['sed_group', ', is_in_svc, priority', ', true, 1'],
    ]) {
      await this.#db.query(
        `INSERT INTO sppp.${table} (transaction_id, c_date, rant_id, rar_id, name, name_key${more})
         SELECT ${BASIC}, name, lower(name)${values} FROM unnest('{SHARED,HIDDEN}'::text[]) name`,
      );
    }
    await this.#db.query(
      `INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position)
       SELECT g.id, d.id, 0 FROM sppp.sed_group g JOIN sppp.destination_group d USING (name)`,
    );
    await this.#db.query(
      `INSERT INTO sppp.sed_group_offer (transaction_id, c_date, rar_id, sed_group_id, offered_to_id, status,
         offer_date_time)
       SELECT t, c, r, g.id, ${ASKER}, 'offered', now() FROM sppp.sed_group g, (SELECT ${BASIC}) AS basic(t, c, r)`,
    );
    await this.commit();
    await this.share('SHARED');
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async begin(): Promise<void> {
    await this.#db.query('BEGIN');
    this.#isOpen = true;
    await this.#db.query(
      `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
       VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now())`,
    );
  }

  async commit(): Promise<void> {
    await this.#db.query('COMMIT');
    this.#isOpen = false;
  }

  /** Adds a number to a group, or moves it there. */
  async add(digits: string, group: string): Promise<void> {
    await this.#inTransaction(async () => {
      await this.#db.query(
        `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value) SELECT ${BASIC}, 'TN', $1
         ON CONFLICT (value, kind, rant_id) DO UPDATE SET transaction_id = excluded.transaction_id`,
        [digits],
      );
      await this.#db.query(
        `DELETE FROM sppp.destination_group_member
          WHERE public_identifier_id = (SELECT id FROM sppp.public_identifier WHERE value = $1)`,
        [digits],
      );
      await this.#db.query(
        `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
         SELECT p.id, d.id, 0 FROM sppp.public_identifier p, sppp.destination_group d WHERE p.value = $1 AND d.name = $2`,
        [digits, group],
      );
    });
  }

  async delete(digits: string): Promise<void> {
    await this.#inTransaction(() => this.#db.query('DELETE FROM sppp.public_identifier WHERE value = $1', [digits]));
  }

  /** Has the asker accept the SED group of this name, or give it up. */
  share(group: string): Promise<void> {
    return this.#turn(group, `'accepted', accept_date_time = now()`);
  }

  unshare(group: string): Promise<void> {
    return this.#turn(group, `'offered', accept_date_time = NULL`);
  }

  async query(text: string): Promise<void> {
    await this.#db.query(text);
  }

  async close(): Promise<void> {
    await this.#db.end().catch(() => undefined);
  }

  async #turn(group: string, status: string): Promise<void> {
    await this.#inTransaction(() =>
      this.#db.query(
        `UPDATE sppp.sed_group_offer SET status = ${status}
          WHERE sed_group_id = (SELECT id FROM sppp.sed_group WHERE name = $1)`,
        [group],
      ),
    );
  }

  async #inTransaction(work: () => Promise<unknown>): Promise<void> {
    const isOwn = !this.#isOpen;
    if (isOwn) await this.begin();
    await work();
    if (isOwn) await this.commit();
  }
}
