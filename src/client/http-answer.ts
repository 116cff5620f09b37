/** The answer to an HTTP request: its bytes as they come, inflated. */
export interface HttpAnswer extends AsyncIterable<Uint8Array> {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The rest of the body as text. */
  text(): Promise<string>;
}

/** Seconds after which the server wants to be asked again, if it says so (RFC 9110 §10.2.3). */
export function retryAfterOf({ headers }: Pick<HttpAnswer, 'headers'>): number | undefined {
  const value = String(headers['retry-after'] ?? '');
  if (/^[0-9]{1,9}$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
