/**
 * Does work that SIGINT and SIGTERM stop by the signal that it gets. The second time they end the process.
 *
 * @param message of the error that the signal has as its reason
 */
export async function interruptible<T>(message: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const forget = () => process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  const interrupt = () => {
    forget();
    // With the code it is an error of the system, not a bug with a stack.
    stop.abort(Object.assign(new Error(message), { code: 'EINTR' }));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await work(stop.signal);
  } finally {
    forget();
  }
}
