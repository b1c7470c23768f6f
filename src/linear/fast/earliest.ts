import type { Model } from '../model.ts';
import type { Operation } from '../operation.ts';

/** What cannot be placed, and likely members of the smallest contradiction. */
interface Contradiction {
  operation: Operation;
  suspects: Operation[] | null;
  reason: string;
}

/**
 * The first return at which a history already contradicts its model, where a fast path found that it does: what had
 * not returned by then is of unknown outcome. Once contradictory, a history stays so, hence it is found by doubling
 * and halving; as a rule it is the one that the fast path points at, so that is tried first. Where the fast path cannot
 * decide such a beginning, what it found stands.
 */
export function earliestContradiction(
  model: Model,
  history: readonly Operation[],
  found: Contradiction,
): Contradiction {
  const returns = history.filter(({ outcome }) => outcome === 'ok').toSorted((a, b) => a.ret - b.ret);
  let earliest = found;
  /** Whether it is contradictory when that many have returned; null where that cannot be told. */
  const isWrong = (count: number): boolean | null => {
    if (count === 0) return false;
    const last = returns[count - 1]!;
    const part = historyUntil(history, last.ret);
    const decision = model.shortcut!(model.prune?.(part) ?? part);
    if (decision?.verdict === 'invalid') earliest = { ...decision, operation: last };
    return decision === null ? null : decision.verdict === 'invalid';
  };
  const pointedAt = returns.indexOf(found.operation) + 1;
  if (isWrong(pointedAt) === true && isWrong(pointedAt - 1) === false)
    return { ...found, suspects: returned(found) };
  const first = firstTrue(returns.length, isWrong);
  return first === null ? found : { ...earliest, suspects: returned(earliest) };
}

/** The least number from 1 on that passes, given that those after it do; null where one cannot be told or none does. */
function firstTrue(most: number, passes: (count: number) => boolean | null): number | null {
  let low = 0;
  let high = Math.min(1, most);
  for (let answer = passes(high); answer !== true; answer = passes(high)) {
    if (answer === null || high === most) return null;
    low = high;
    high = Math.min(most, 2 * high);
  }
  while (low < high - 1) {
    const middle = (low + high) >>> 1;
    const answer = passes(middle);
    if (answer === null) return null;
    if (answer) high = middle;
    else low = middle;
  }
  return high;
}

/** The suspects that had returned; what is blamed comes first. */
function returned({ operation, suspects }: Contradiction): Operation[] {
  return [...new Set([operation, ...(suspects ?? []).filter(({ ret }) => ret <= operation.ret)])];
}

/** What was called by a time; what had not returned by then is of unknown outcome. */
function historyUntil(history: readonly Operation[], time: number): Operation[] {
  const part: Operation[] = [];
  for (const operation of history) {
    if (operation.call > time) break;
    part.push(operation.ret <= time ? operation : { ...operation, outcome: 'info', ret: Infinity });
  }
  return part;
}
