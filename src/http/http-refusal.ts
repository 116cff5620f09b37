export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A request refused before any SPPP is read of it: the HTTP status, one sentence for people, and headers that belong to it. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';

  constructor(
    readonly status: number,
    readonly reason: string,
    readonly headers: HttpHeaders = {},
  ) {
    super(reason);
  }
}
