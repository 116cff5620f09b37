import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { eventTypes } from '../../src/events/event-types.js';
import { publishEvents } from '../../src/registry/events/publish.js';
import type { TestServer } from './server.js';

/** An event as the registry keeps it. */
export interface Told {
  readonly position: number;
  readonly type: string;
  readonly organization: string | null;
  readonly noun: string | null;
  readonly subject: string;
  /** The request that caused it, by its id. */
  readonly by: string | null;
  readonly data: Record<string, unknown>;
}

const ajv = new Ajv2020({ formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } });

/** The schemas with no other members than they name: readers have to pass over others, and we have to name ours. */
const validators = new Map(
  eventTypes.map(({ type, schema }) => [type, ajv.compile({ ...schema, additionalProperties: false })]),
);

/** What of an event does not follow the schema of its type. */
export function faultsOf({ type, data }: Pick<Told, 'type' | 'data'>): unknown {
  const validate = validators.get(type);
  if (validate === undefined) return `no such type: ${type}`;
  return validate(data) ? [] : validate.errors;
}

/** Reads the events of a server one after the other, each once, and checks each against its schema. */
export class EventReader {
  #after = 0;
  readonly #server: TestServer;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** The events since the last call: all that committed transactions have caused. */
  async read(): Promise<Told[]> {
    const { sql, deps } = this.#server;
    await expect
      .poll(async () => {
        await publishEvents(deps.database.pool);
        return (await sql('SELECT FROM sppp.event_outbox')).length;
      }, WAIT)
      .toBe(0);
    const told = await sql<Told>(
      `SELECT e.position::int, e.type, o.org_id AS organization, e.noun, e.subject, t.server_trans_id AS by, e.data
         FROM sppp.event e LEFT JOIN sppp.organization o ON o.id = e.organization_id
         LEFT JOIN sppp.transaction t ON t.id = e.transaction_id
        WHERE e.position > $1 ORDER BY e.position`,
      [this.#after],
    );
    expect(told.map(({ position }) => position)).toEqual(told.map((_, index) => this.#after + index + 1));
    for (const each of told) expect(faultsOf(each), JSON.stringify(each)).toEqual([]);
    this.#after += told.length;
    return told;
  }

  /** The same, each as `type to organization: subject`, without what all types have alike, sorted. */
  async lines(): Promise<string[]> {
    return (await this.read()).map(lineOf).sort();
  }
}

const WAIT = { timeout: 60_000, interval: 50 };

/** `offer.made to iana-en:111: sedGrpOffer:…` */
export function lineOf({ type, organization, subject }: Told): string {
  const kind = type.replace(/^sppp\.|\.v1$/g, '');
  return `${kind} to ${organization ?? 'operators'}: ${subject}`;
}
