/**
 * How many histories a property is held against, and where they begin: so many as the test says by itself, or as
 * KEPT_HISTORIES does, from a fresh seed or from KEPT_SEED. That is how the nightly script asks for more, and the quick
 * tests for KEPT_HISTORIES_MAX at most.
 */
export function effort(numRuns: number): { numRuns: number; seed?: number } {
  const { KEPT_HISTORIES: histories, KEPT_HISTORIES_MAX: most = Infinity, KEPT_SEED: seed } = process.env;
  return {
    numRuns: Math.min(Number(histories ?? numRuns), Number(most)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
