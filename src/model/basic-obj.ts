/** The common part of every object (RFC 7877 §5.1). Times are xs:dateTime text in UTC. */
export interface BasicObj {
  readonly rant: string;
  readonly rar: string;
  readonly cDate?: string;
  readonly mDate?: string;
  /** The inherited extension: namespace-well-formed XML, stored as sent. */
  readonly ext?: string;
}

/** The type's own extension, which some objects have besides the inherited one. */
export interface OwnExt {
  readonly ownExt?: string;
}
