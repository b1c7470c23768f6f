import type { Examination } from '../examination.ts';

/** Of a history that was reduced to what matters: what was left out counts, too. All of it was acknowledged and found. */
export function countLeftOut({ run, counts }: Examination): void {
  const writes = run.leftOut?.writes ?? 0;
  counts.attempted += writes;
  counts.ok += writes;
  counts.found += writes;
}
