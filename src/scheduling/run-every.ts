/**
 * Does something now and at an interval in milliseconds. Returns a function that ends it and waits for the run in
 * progress.
 */
export function runEvery(
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
  milliseconds: number,
): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const run = () => {
    last = last.then(work).catch(onError);
  };
  const timer = setInterval(run, milliseconds).unref();
  run();
  return async () => {
    clearInterval(timer);
    await last;
  };
}
