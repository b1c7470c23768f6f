import { clause } from '../core/words.ts';
import { messageOf } from '../core/failure.ts';
import type { Run } from '../history/run.ts';
import { questionClock } from './facts/clock.ts';
import { mayMissRows } from './facts/completeness.ts';
import { widened, WorkerClocks } from './facts/worker-clocks.ts';
import { withdrawAll } from './questions/changed.ts';
import { doubtsAbout } from './questions/coverage.ts';
import { explainHoles } from './questions/dense.ts';
import { boundByEnds } from './passes/bounding.ts';
import { checkEnds } from './questions/ends.ts';
import { Examination, type Tuning } from './examination.ts';
import { faultSpansOf } from '../history/fault-spans.ts';
import { classifyWrites } from './questions/loss.ts';
import { checkOrder } from './questions/order.ts';
import { checkSequences } from './questions/sequences.ts';
import { recordOutcomes } from './passes/outcomes.ts';
import { placeAcknowledgements, recordRivalTerms, recordSurvivors } from './passes/placement.ts';
import { countLeftOut } from './passes/left-out.ts';
import { recordGiven } from './passes/given.ts';
import { recordPresence } from './passes/presence.ts';
import type { Anomaly } from './findings/grouping.ts';
import { compareReaders } from './questions/readers.ts';
import { judgeGroup } from './groups/judge-group.ts';
import { judgeTransactions } from './transactions/judge-transactions.ts';
import { promisesOf } from './transactions/promises.ts';
import { TransactionTable } from './transactions/transaction-table.ts';
import type { Claim, Result } from './result.ts';
import { compareRereads } from './passes/rereads.ts';
import { locateExamples } from './passes/example-locations.ts';
import { resultOf } from './verdict.ts';

/**
 * Decides about a run from its history alone: the same history gives the same result, anywhere and at any time.
 *
 * The questions are asked one after the other over a few passes through writes and reads. One that cannot be
 * answered, because the history holds something that no history should, makes the verdict at best inconclusive and
 * never hides what another has found.
 * @param options.onAnomaly is told of each anomaly, as it is found; the result has them in groups.
 */
export function check(
  run: Run,
  options: { claim: Claim; tuning?: Tuning; onAnomaly?: (anomaly: Anomaly) => void },
): Result {
  const transactions = run.transactions === undefined ? null : new TransactionTable(run);
  const promised = transactions === null ? run : promisesOf(run, transactions);
  const examination = new Examination(
    widened(promised, new WorkerClocks(run.info)),
    options.tuning,
    options.onAnomaly,
  );
  const ask = (question: string, answer: (examination: Examination) => unknown): boolean => {
    try {
      answer(examination);
      return true;
    } catch (error) {
      examination.doubts.push(`The checker could not find out ${question}: ${clause(messageOf(error))}.`);
      return false;
    }
  };

  ask('which faults were in force', () => (examination.faults = faultSpansOf(run.events)));
  const wasKilled = run.info.status === 'running';
  examination.writesIncomplete =
    !ask('what became of the writes', recordOutcomes) || wasKilled || mayMissRows(run, 'writes');
  examination.readsIncomplete = !ask('what is in the log', recordPresence) || mayMissRows(run, 'reads');
  ask('whether readers left anything out', compareReaders);
  ask('what end offsets say of time', boundByEnds);
  if (!ask('where acknowledged records are', placeAcknowledgements)) examination.suspects.giveUp();
  ask('what readers were given that is gone', recordGiven);
  if (examination.suspicious > 0) {
    ask('which leader acknowledged what', recordRivalTerms);
    ask('what outlived it', recordSurvivors);
    ask('what was lost', classifyWrites);
  }
  ask('whether other readers agree', compareRereads);
  ask('whether the log follows real time', (asked) => checkOrder(asked));
  ask('whether empty offsets can be explained', explainHoles);
  ask('whether the end offsets went back', checkEnds);
  ask('whether its clock ran forwards', questionClock);
  // After the clock: numbers need none.
  ask('whether the numbers of producers went back', checkSequences);
  if (transactions !== null)
    ask('whether transactions were kept whole', (asked) => judgeTransactions(asked, run, transactions));
  ask('whether the consumer group kept its place', (asked) => judgeGroup(asked, run));
  ask('where the examples were found', locateExamples);
  ask('what was left out', countLeftOut);
  ask('whether it is what was written', withdrawAll);
  ask('whether the verdict was earned', ({ doubts }) => doubts.push(...doubtsAbout(examination)));
  return resultOf(examination, options.claim);
}
