import type { Write } from '../../src/history/write.ts';

/**
 * Which records stand behind one that the same producer session sent later, by the definition: every pair is looked at.
 * Two writes of a worker are of one session if no write of it that failed, or whose outcome is unknown, ended after the
 * first of them was begun and before the second was.
 * @param log what stands in it, upwards
 */
export function outOfOrder(writes: readonly Write[], log: readonly Write[]): Write[] {
  return log.filter((late, place) =>
    log
      .slice(0, place)
      .some(
        (early) =>
          early.worker === late.worker && early.invokeNs > late.invokeNs && isOneSession(writes, late, early),
      ),
  );
}

function isOneSession(writes: readonly Write[], first: Write, second: Write): boolean {
  return !writes.some(
    ({ worker, outcome, completeNs }) =>
      worker === first.worker &&
      (outcome === 'info' || outcome === 'fail') &&
      completeNs !== null &&
      completeNs > first.invokeNs &&
      completeNs <= second.invokeNs,
  );
}
