import { counted, moment } from '../../core/words.ts';
import { int64At } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import { PagedColumn } from '../columns/paged.ts';
import type { FindingKind } from '../result.ts';
import { ownTimesOf } from './worker-clocks.ts';
import { OUTCOME_BITS } from '../columns/values.ts';

/**
 * Before anybody is accused of what only times tell: did the history's clock run forwards? Rows and events stand in
 * the order in which they became known, answers come after their questions, and nothing is read before it was sent.
 * Where that is not so the clock jumped, or was not one clock, and nothing is said about order or end offsets.
 * Which of them it was no history tells, so the doubt names all that it may have been.
 */
export function questionClock(examination: Examination): void {
  const { counts, readBeforeSent, doubts } = examination;
  if (readBeforeSent.count > 0) {
    const contradiction = readBefore(readBeforeSent.count, readBeforeSent.example);
    doubts.push(
      `Either ${contradiction}. So nothing is said about ${readBeforeSent.count === 1 ? 'its' : 'their'} loss after it was read.`,
    );
  }
  if (counts.reordered > 0) {
    const contradiction =
      amongWrites(examination) ??
      betweenReadsAndWrites(examination) ??
      (examination.logs.some(({ ends }) => ends !== null) ? amongEnds(examination) : null);
    if (contradiction !== null) withdraw(examination, 'reordered', contradiction, 'the order of the log');
  }
  if (counts['producer-order'] > 0) {
    const contradiction = amongWrites(examination);
    if (contradiction !== null)
      withdraw(examination, 'producer-order', contradiction, 'the order in which producers sent');
  }
  if (counts['end-regressed'] > 0) {
    const contradiction = amongEnds(examination);
    if (contradiction !== null) withdraw(examination, 'end-regressed', contradiction, 'end offsets');
  }
}

function withdraw(
  { counts, findings, doubts }: Examination,
  kind: FindingKind,
  contradiction: string,
  about: string,
): void {
  counts[kind] = 0;
  findings.withdraw(kind);
  doubts.push(`Either ${contradiction}. So nothing is said about ${about}.`);
}

const CLOCKS = 'the clock of the history did not run forwards, or its times are not of one clock';

/** Rows of workers that wait for one another may be handed over a little late. */
export const SLACK_NS = 1e8;

function amongWrites({ run }: Examination): string | null {
  let latestNs = 0;
  for (const batch of run.writes()) {
    const own = ownTimesOf(batch);
    for (let row = 0; row < batch.length; row++) {
      const completeNs = int64At(own.completeNs, row);
      if (completeNs < 0) continue;
      const invokeNs = int64At(own.invokeNs, row);
      if (completeNs < invokeNs)
        return `${CLOCKS}: a write that was begun at ${moment(invokeNs)} was answered at ${moment(completeNs)}`;
      if (completeNs < latestNs - SLACK_NS)
        return `${CLOCKS}: an answer of ${moment(completeNs)} was recorded after one of ${moment(latestNs)}`;
      if (completeNs > latestNs) latestNs = completeNs;
    }
  }
  return null;
}

function amongEnds({ run }: Examination): string | null {
  let latestNs = 0;
  for (const batch of run.ends()) {
    for (let row = 0; row < batch.length; row++) {
      const invokeNs = int64At(batch.invokeNs, row);
      const completeNs = int64At(batch.completeNs, row);
      if (completeNs < invokeNs)
        return `${CLOCKS}: an end offset that was asked for at ${moment(invokeNs)} was given at ${moment(completeNs)}`;
      if (completeNs < latestNs - SLACK_NS)
        return `${CLOCKS}: an end offset of ${moment(completeNs)} was recorded after one of ${moment(latestNs)}`;
      if (completeNs > latestNs) latestNs = completeNs;
    }
  }
  return null;
}

function betweenReadsAndWrites({ run, values }: Examination): string | null {
  /** By value: when it was read first, plus one. */
  const firstReads = new PagedColumn('float64');
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const timeNs = int64At(batch.timeNs, row);
      if (id < 0 || timeNs <= 0) continue;
      const known = firstReads.get(id);
      if (known === 0 || timeNs + 1 < known) firstReads.set(id, timeNs + 1);
    }
  }
  let early = 0;
  let example = '';
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      if ((values.stateOf(id) & OUTCOME_BITS) === 0) continue;
      const read = firstReads.get(id);
      const invokeNs = int64At(batch.invokeNs, row);
      if (read === 0 || read - 1 >= invokeNs) continue;
      if (early++ === 0) example = `one was read at ${moment(read - 1)} and begun at ${moment(invokeNs)}`;
    }
  }
  return early === 0 ? null : readBefore(early, example);
}

function readBefore(count: number, example: string): string {
  return `${CLOCKS}, or somebody else had written the same values before: ${counted(count, 'record')} had been read before ${count === 1 ? 'it was' : 'they were'} sent; ${example}`;
}
