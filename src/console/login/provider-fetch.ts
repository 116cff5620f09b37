import type { CustomFetchOptions } from 'openid-client';

/** Milliseconds in which the provider has to answer. */
const TIMEOUT_MS = 5000;

/** Requests to the provider at once. */
const MAX_REQUESTS = 32;

/** Bytes of an answer: metadata, keys and tokens have a few thousand. */
const MAX_BYTES = 1_048_576;

/** The provider cannot be asked now; the message is for the log. */
export class ProviderAwayError extends Error {
  override readonly name = 'ProviderAwayError';
}

/** Requests to the provider: so many at once, and each within its time and size. */
export class ProviderFetch {
  #underWay = 0;

  /**
   * Sends a request, and reads the whole answer.
   *
   * @throws ProviderAwayError if there is none in time, or one that says that the provider has failed
   */
  async send(url: string, options: CustomFetchOptions): Promise<Response> {
    if (this.#underWay >= MAX_REQUESTS) throw new ProviderAwayError(`${MAX_REQUESTS} requests to it are under way`);
    this.#underWay += 1;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, { ...options, signal } as RequestInit); // Its types know more kinds of bodies.
      if (response.status >= 500) throw new ProviderAwayError(`${url} answers ${response.status}`);
      return new Response(await bodyOf(response), response);
    } catch (error) {
      if (error instanceof ProviderAwayError) throw error;
      throw new ProviderAwayError(`${url}: ${textOf(error)}`, { cause: error });
    } finally {
      this.#underWay -= 1;
    }
  }
}

async function bodyOf({ body, url }: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new ProviderAwayError(`${url} sends more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** fetch says what went wrong in the cause alone. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
