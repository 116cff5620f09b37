/** What every first-class object has (RFC 7877 §5.1). Times are xs:dateTime text in UTC. */
export interface BasicObj {
  readonly rant: string;
  readonly rar: string;
  readonly cDate?: string;
  readonly mDate?: string;
  /** The inherited extension slot: namespace-well-formed XML, kept as it was sent. */
  readonly ext?: string;
}

/** The second extension slot, the type's own, which some objects have besides the inherited one. */
export interface OwnExt {
  readonly ownExt?: string;
}
