import type { Scenario } from '../../scenario/schema.ts';

/** The workers that one process has, and how many writes they make; absent where only time ends the load. */
export interface Share {
  workers: number[];
  count?: number;
}

/** Shares the workers out as evenly as possible, in turn; where the load has a number of writes, that in proportion. */
export function sharesOf({ workers, count }: Scenario['load'], processes: number): Share[] {
  const shares: Share[] = Array.from({ length: processes }, () => ({ workers: [] }));
  for (let worker = 0; worker < workers; worker++) shares[worker % processes]!.workers.push(worker);
  if (count === undefined) return shares;
  let before = 0;
  return shares.map((share) => {
    const until = before + share.workers.length;
    const own = Math.floor((count * until) / workers) - Math.floor((count * before) / workers);
    before = until;
    return { ...share, count: own };
  });
}
