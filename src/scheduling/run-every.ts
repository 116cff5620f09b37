/** Does something now and every so many milliseconds, until what is returned is called; it waits for what is under way. */
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
