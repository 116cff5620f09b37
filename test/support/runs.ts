/** SPPP_TEST_FACTOR=10 makes ten times as many cases in every property test, with ten times as much time. */
export const factor = Number(process.env.SPPP_TEST_FACTOR ?? 1);

/**
 * So many runs of a property. A counterexample is shown as it was found: to shrink a request of a hundred elements takes
 * minutes. Its seed and path are shown, too, with which that can be done.
 */
export function runs(numRuns: number): { numRuns: number; endOnFailure: boolean } {
  return { numRuns: numRuns * factor, endOnFailure: true };
}
