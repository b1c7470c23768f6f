import { openRun } from '../src/history/directory.ts';
import { int64At } from '../src/history/run.ts';
import { OUTCOMES } from '../src/history/write.ts';

/**
 * What most checks of a log do, for comparison: the set of acknowledged values without the set of consumed ones.
 * It tells how many are missing, and nothing else: not which leader, not why, no order, no offsets.
 */
const run = await openRun(process.argv[2]!);
const acknowledged = new Set<number>();
const ok = OUTCOMES.indexOf('ok');
for (const { length, worker, seq, outcome } of run.writes()) {
  for (let row = 0; row < length; row++) {
    if (outcome[row] === ok) acknowledged.add(worker[row]! * 2 ** 36 + int64At(seq, row));
  }
}
const consumed = new Set<number>();
for (const { length, worker, seq } of run.reads()) {
  for (let row = 0; row < length; row++) consumed.add(worker[row]! * 2 ** 36 + int64At(seq, row));
}
let missing = 0;
for (const value of acknowledged) if (!consumed.has(value)) missing++;
console.log(`${missing} of ${acknowledged.size} are missing`);
