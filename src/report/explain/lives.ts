import { EXIT, Failure } from '../../core/failure.ts';
import { counted, valueName } from '../../core/words.ts';
import { check } from '../../checker/check.ts';
import type { Leadership } from '../../checker/facts/leadership.ts';
import type { Finding } from '../../checker/result.ts';
import { transactionAt } from '../../history/columns/columns.ts';
import { faultSpansOf } from '../../history/fault-spans.ts';
import { int64At, type Run } from '../../history/run.ts';
import type { Transaction } from '../../history/transaction.ts';
import { describeFinding } from '../text/phrases.ts';
import { markersBehind, surroundingsOf } from './around.ts';
import {
  commitSteps,
  cutSteps,
  faultSteps,
  leadershipOf,
  leaderSteps,
  markSteps,
  producedSteps,
  repetitionSteps,
  resetSteps,
  type Span,
  watchOf,
} from './events-around.ts';
import { FinalScans } from './final-scans.ts';
import { findRecords, type Value, valuesAt } from './find-records.ts';
import { judge, numbered } from './findings-about.ts';
import type { Explanation, Life, Place, RecordRows, Step } from './life.ts';
import { Names } from './names.ts';
import { notKnownOf } from './not-known.ts';
import {
  copySteps,
  endSteps,
  finalScanSteps,
  givenSteps,
  missedSteps,
  transactionSteps,
  writeSteps,
} from './own-steps.ts';

/** Which record is asked for: by its value, by its place, or as an example of a finding (from 1 on). */
export type Question = { value: Value } | { place: Place } | { finding: number };

/** Of the examples of a finding so many are told: the others have the same story. */
export const EXAMPLES_TOLD = 3;

/**
 * Everything that the history tells of the records that are asked for. A few passes over its rows; what is kept of them is what
 * concerns these records.
 * @throws Failure (usage) where the history has nothing of the kind, and then it says what it has.
 */
export function explain(run: Run, question: Question): Explanation {
  const asked = valuesOf(run, question);
  const records = asked.values.length === 0 ? [] : findRecords(run, asked.values);
  const scans = new FinalScans(run);
  const names = new Names(run);
  const own = records.map((record) => ({ record, places: placesOf(record, scans) }));
  const places = own.flatMap((each) => each.places);
  const around = surroundingsOf(
    run,
    'place' in question ? [...places, question.place] : places,
    scans.deciding,
  );
  const markers = markersBehind(
    run,
    records.flatMap(({ reads }) => reads),
  );
  const parts = transactionsOf(run, records);
  const judged = judge(
    run,
    own.map(({ record: { worker, seq }, places: at }, index) => ({
      worker,
      seq,
      places: at,
      fellows: parts[index]!.fellows,
      endInvokeNs: parts[index]!.transaction?.endInvokeNs ?? null,
    })),
  );
  const leaderships = leadershipOf(run);
  const isWatched = watchOf(run);
  const isImported = run.info.world === 'imported';
  const lives = own.map(({ record, places: at }, index): Life => {
    const { transaction } = parts[index]!;
    const near = around.filter(({ place }) => at.includes(place));
    const standing = scans.standingOf(record);
    const partition = partitionOf(record);
    const leadership = leaderships(partition);
    const span = spanOf(record, { scans, where: standing.where, transaction });
    const steps = inOrder([
      ...record.writes.flatMap((write) => writeSteps(write, names, { leadership, isImported, isWatched })),
      ...(transaction === null ? [] : transactionSteps(transaction)),
      ...givenSteps(record, names, markers),
      ...missedSteps(record, near, names),
      ...finalScanSteps(record, partition, scans, names),
      ...near.flatMap((each) => [...endSteps(each, names), ...copySteps(each)]),
      ...producedSteps(run, record),
      ...repetitionSteps(run, names, record),
      ...stepsAround(run, record, { names, leadership, span, partition, places: at }),
    ]);
    const hasEnds = near.length === 0 || near.some(({ below, above }) => below !== null || above !== null);
    return {
      value: valueName(record.worker, record.seq),
      worker: record.worker,
      seq: record.seq,
      writes: record.writes,
      ...(transaction !== null && { transaction }),
      steps,
      standing,
      holders: near
        .filter(({ place }) => !standing.places.some((found) => isSame(found, place)))
        .map((each) => scans.holderOf(each)),
      findings: judged.about(index),
      notKnown: notKnownOf(run, record, { steps, standing, leadership, span, partition, hasEnds }),
    };
  });
  return {
    version: 1,
    run: run.info.run,
    topic: run.info.topic,
    ...(asked.finding !== undefined && { finding: asked.finding }),
    ...('place' in question && {
      offset: { ...question.place, holder: scans.holderOf(around.at(-1)!) },
    }),
    records: lives,
    damage: run.damage(),
  };
}

function valuesOf(
  run: Run,
  question: Question,
): { values: readonly Value[]; finding?: Explanation['finding'] } {
  if ('value' in question) return { values: [question.value] };
  if ('place' in question) return { values: valuesAt(run, question.place) };
  const findings = numbered(check(run, { claim: 'kept' }));
  const finding = findings[question.finding - 1];
  if (finding === undefined) {
    throw new Failure(`there is no finding ${question.finding} about this history`, {
      hint:
        findings.length === 0
          ? 'the checker finds nothing: name a record by --value or --offset'
          : `it has ${counted(findings.length, 'finding')}, numbered from 1 in the order of "kept check"`,
      exitStatus: EXIT.usage,
    });
  }
  const named = valuesIn(finding);
  if (named.length === 0) {
    throw new Failure(`finding ${question.finding} (${finding.kind}) is about no single record`, {
      hint:
        finding.offsets === undefined
          ? 'name a record by --value or --offset'
          : `name an offset that it is about: --offset ${finding.partition}:${finding.offsets[0]}`,
      exitStatus: EXIT.usage,
    });
  }
  const labels = new Map(faultSpansOf(run.events).map(({ id, label }) => [id, label]));
  const text = describeFinding(finding, labels, { withReason: false });
  const about = { number: question.finding, of: findings.length, text, finding };
  return { values: named.slice(0, EXAMPLES_TOLD), finding: about };
}

/** The records that are its examples; where these are no records (but transactions, say), the first of its values by worker. */
function valuesIn({ examples, values }: Finding): Value[] {
  const named = new Map<string, Value>();
  const add = (worker = '', seq = '') =>
    named.set(`${worker}:${seq}`, { worker: Number(worker), seq: Number(seq) });
  for (const { value } of examples) {
    const match = /^w(\d+):(\d+)$/.exec(value);
    if (match !== null) add(match[1], match[2]);
  }
  if (named.size === 0) for (const [, worker, seq] of values.matchAll(/\bw(\d+) (\d+)/g)) add(worker, seq);
  return [...named.values()];
}

/** Where it was acknowledged; of one that was not, where it was found, or else given. */
function placesOf({ writes, reads }: RecordRows, scans: FinalScans): Place[] {
  const acknowledged = writes.flatMap(({ partition, offset }) =>
    offset === null ? [] : [{ partition, offset }],
  );
  const found = scans.placesOf({ reads });
  const places = [...acknowledged, ...found];
  const all = places.length > 0 ? places : reads.map(({ partition, offset }) => ({ partition, offset }));
  return all
    .filter((place, index) => all.findIndex((each) => isSame(each, place)) === index)
    .slice(0, PLACES_MAX);
}

/** A record that stands at more places than these is told by the first of them. */
const PLACES_MAX = 16;

const isSame = (a: Place, b: Place) => a.partition === b.partition && a.offset === b.offset;

function partitionOf({ writes, reads }: Pick<RecordRows, 'writes' | 'reads'>): number {
  return writes.find(({ partition }) => partition >= 0)?.partition ?? reads[0]?.partition ?? 0;
}

/** Of a record that is there: until its outcome was known, and that of its transaction. Of any other one: until the final scan began. */
function spanOf(
  { writes, reads }: RecordRows,
  about: { scans: FinalScans; where: Life['standing']['where']; transaction: Transaction | null },
): Span {
  const { scans, where, transaction } = about;
  const begins = writes.map(({ intendedNs, invokeNs }) => Math.min(intendedNs, invokeNs));
  const ends = writes.map(({ completeNs }) => completeNs ?? Infinity);
  if (transaction !== null) {
    begins.push(transaction.beginNs);
    ends.push(transaction.endCompleteNs ?? Infinity);
  }
  // A time of 0 is none.
  const given = reads.map(({ timeNs }) => timeNs).filter((timeNs) => timeNs > 0);
  const fromNs = Math.min(...(begins.length > 0 ? begins : given.length > 0 ? given : [0]));
  const isThere = where === 'once' || where === 'more-than-once';
  const scan = scans.deciding.get(partitionOf({ writes, reads }));
  const scanNs = Math.max(fromNs, scan?.invokeNs ?? Infinity);
  return { fromNs, toNs: isThere && ends.length > 0 ? Math.min(scanNs, Math.max(...ends)) : scanNs };
}

function stepsAround(
  run: Run,
  { writes }: RecordRows,
  {
    names,
    leadership,
    span,
    partition,
    places,
  }: {
    names: Names;
    leadership: Leadership;
    span: Span;
    partition: number;
    places: readonly Place[];
  },
): Step[] {
  const offsets = places.flatMap((place) => (place.partition === partition ? [place.offset] : []));
  const highest = Math.max(-1, ...offsets);
  // A cut before that is about others.
  const sentNs = Math.min(...(writes.length > 0 ? writes.map(({ invokeNs }) => invokeNs) : [span.fromNs]));
  return [
    ...leaderSteps(run, leadership, { partition, writes }, span),
    ...faultSteps(run, span),
    ...markSteps(run, span),
    ...(highest < 0 ? [] : cutSteps(run, partition, highest, { fromNs: sentNs, toNs: span.toNs })),
    ...places.flatMap((place) => [
      ...resetSteps(run, names, place.partition, place.offset),
      ...commitSteps(run, place.partition, place.offset),
    ]),
  ];
}

/** In the order of time; what became known in one moment stays as it was put together: due before sent, sent before answered. */
function inOrder(steps: readonly Step[]): Step[] {
  return steps.toSorted((a, b) => a.timeNs - b.timeNs);
}

/** The transaction of each record, and the values that were written in it: a pass over transactions, and one over writes. */
function transactionsOf(
  run: Run,
  records: readonly RecordRows[],
): { transaction: Transaction | null; fellows: ReadonlySet<string> }[] {
  const wanted = records.map(({ worker, writes }) => ({
    worker,
    number: writes.find(({ transaction }) => transaction !== undefined)?.transaction ?? -1,
    transaction: null as Transaction | null,
    fellows: new Set<string>(),
  }));
  const open = wanted.filter(({ number }) => number >= 0);
  if (open.length === 0) return wanted;
  for (const batch of run.transactions?.() ?? [])
    for (let row = 0; row < batch.length; row++)
      for (const each of open)
        if (batch.worker[row] === each.worker && int64At(batch.number, row) === each.number)
          each.transaction = transactionAt(batch, row);
  for (const batch of run.writes()) {
    if (batch.transaction === undefined) continue;
    for (let row = 0; row < batch.length; row++)
      for (const each of open)
        if (batch.worker[row] === each.worker && int64At(batch.transaction, row) === each.number)
          each.fellows.add(`${each.worker}:${int64At(batch.seq, row)}`);
  }
  return wanted;
}
