/** Instead of a value that came too late. */
export const LATE = Symbol('late');

/** The value, unless that takes longer than so many milliseconds. */
export function inTime<T>(value: Promise<T>, limit: number): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(LATE), limit);
    timer.unref();
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
