export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Why somebody was turned away whose request is in no journal; what is known of whose it was. */
export interface RefusalOrigin {
  /** One word, which operators see. */
  readonly reason: string;
  readonly registrar?: { readonly id: number; readonly orgId: string };
  /** As it was tried, right or wrong. */
  readonly username?: string;
}

/** A request refused before any SPPP is read of it: the HTTP status, one sentence for people, and headers that belong to it. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';

  constructor(
    readonly status: number,
    readonly reason: string,
    readonly headers: HttpHeaders = {},
    /** To be counted, since no journal row tells of it. */
    readonly refusalOrigin?: RefusalOrigin,
  ) {
    super(reason);
  }
}
