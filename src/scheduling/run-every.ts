/**
 * Does something now and at an interval in milliseconds. A run that is due while another is in progress is left out: after
 * one that hung, others do not follow at once. Returns a function that ends it and waits for the run in progress.
 */
export function runEvery(
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
  milliseconds: number,
): () => Promise<void> {
  let inProgress: Promise<void> | undefined;
  const run = () => {
    inProgress ??= Promise.resolve()
      .then(work)
      .then(() => undefined, onError)
      .finally(() => {
        inProgress = undefined;
      });
  };
  const timer = setInterval(run, milliseconds).unref();
  run();
  return async () => {
    clearInterval(timer);
    await inProgress;
  };
}
