export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/** The reason of a refusal that has no journal row, and what is known of the client. */
export interface RefusalOrigin {
  /** One word, for metrics and counts. */
  readonly reason: string;
  readonly registrar?: { readonly id: number; readonly orgId: string };
  /** As the client sent it, with the right password or a wrong one. */
  readonly username?: string;
}

/** The refusal of a request before any SPPP is read: HTTP status, one sentence for people, and headers. */
export class HttpRefusedError extends Error {
  override readonly name = 'HttpRefusedError';

  constructor(
    readonly status: number,
    readonly reason: string,
    readonly headers: HttpHeaders = {},
    /** Undefined: the refusal is not counted. */
    readonly refusalOrigin?: RefusalOrigin,
  ) {
    super(reason);
  }
}
