/** One entry of a list with weights, as Accept and Accept-Encoding have it (RFC 9110 §12.4.2). */
export interface Weighted {
  /** In lower case. */
  readonly name: string;
  /** 1 if the header gives none, 0 if it cannot be read. */
  readonly weight: number;
}

/** Reads such a list in time proportional to its length, without patterns, because any client can write it. */
export function readWeightedList(header: string): Weighted[] {
  return header
    .toLowerCase()
    .split(',')
    .map((entry) => {
      const [name = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return { name, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
    });
}

/** Whether an Accept-Encoding header admits gzip (RFC 9110 §12.5.3). */
export function readsGzip(header: string | string[] | undefined): boolean {
  const codings = readWeightedList(String(header ?? ''));
  const named = codings.find(({ name }) => name === 'gzip') ?? codings.find(({ name }) => name === '*');
  return named !== undefined && named.weight > 0;
}
