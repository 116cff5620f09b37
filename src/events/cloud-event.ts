/** An event as the registry keeps it. */
export interface PublishedEvent {
  /** Events are read in the order of their positions. */
  readonly position: bigint;
  /** Such as `sppp.offer.made.v1`. */
  readonly type: string;
  /** Organization that it is for; null: operators. */
  readonly organization: string | null;
  /** Key of what it is about; events of one subject keep their order. */
  readonly subject: string;
  readonly happenedAt: Date;
  /** The request that caused it; null: an operator or time did. */
  readonly serverTransId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event in the JSON format of CloudEvents 1.0; `sppporganization` and `sppptransid` are extension attributes of ours. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** Unique within the source: the position, in decimal digits. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** When it happened, as RFC 3339 has times. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly sppporganization?: string;
  readonly sppptransid?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The envelope of an event.
 *
 * @param registry identity of the registry's database (`registry/schema/database-identity`): ids are unique within it
 */
export function cloudEvent(event: PublishedEvent, registry: string): CloudEvent {
  const { position, type, organization, subject, happenedAt, serverTransId, data } = event;
  return {
    specversion: '1.0',
    id: String(position),
    source: `urn:sppp:registry:${registry}`,
    type,
    subject,
    time: happenedAt.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `urn:sppp:event:${type}`,
    ...(organization === null ? {} : { sppporganization: organization }),
    ...(serverTransId === null ? {} : { sppptransid: serverTransId }),
    data,
  };
}
