import { check } from '../../src/checker/check.ts';
import type { Anomaly } from '../../src/checker/findings/grouping.ts';
import type { Run } from '../../src/history/run.ts';
import type { Transaction } from '../../src/history/transaction.ts';
import type { Write } from '../../src/history/write.ts';

const KINDS: ReadonlySet<string> = new Set([
  'torn',
  'lost-committed',
  'merged',
  'split',
  'zombie-commit',
  'dirty-read',
  'aborted-read',
  'skipped',
]);

/** What the checker finds about transactions, in the words of the oracle (test/oracle/transactions.ts). */
export function foundInTransactions(
  run: Run,
  writes: readonly Write[],
): { found: Set<string>; mayBeCut: boolean } {
  const found = new Set<string>();
  const onAnomaly = ({ kind, worker, seq, partition, offset, timeNs, ruling }: Anomaly) => {
    if (!KINDS.has(kind)) return;
    const write = writes.find((each) => each.worker === worker && each.seq === seq);
    if (ruling.reason.startsWith('a reader'))
      found.add(`${kind} ${worker}:${seq} at ${partition}@${offset} at ${timeNs}`);
    else if (kind === 'zombie-commit' && seq >= 0) found.add(`late ${partition}@${offset}`);
    else if (kind === 'zombie-commit') found.add(`zombie-commit of ${worker} at ${timeNs}`);
    else found.add(`${kind} ${worker}/${write?.transaction}`);
  };
  const { counts } = check(run, { claim: 'kept', onAnomaly });
  return { found, mayBeCut: counts.lost + counts['lost-after-read'] + counts.divergent > 0 };
}

/** What the oracle says, with zombies told as the checker tells them: by worker and time. */
export function inCheckersWords(
  findings: ReadonlySet<string>,
  transactions: readonly Transaction[],
  { mayBeCut }: { mayBeCut: boolean },
): Set<string> {
  const told = [...findings].map((finding) => {
    const [kind, name = ''] = finding.split(' ');
    if (kind !== 'zombie-commit') return finding;
    const [worker, number] = name.split('/').map(Number);
    const { endInvokeNs } = transactions.find((each) => each.worker === worker && each.number === number)!;
    return `zombie-commit of ${worker} at ${endInvokeNs}`;
  });
  // Where a log may have been cut off, it is not said what a reader went past.
  return new Set(told.filter((finding) => !mayBeCut || !finding.startsWith('skipped')));
}
