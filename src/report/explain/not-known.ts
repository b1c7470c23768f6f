import { counted, moment } from '../../core/words.ts';
import { Unwatched } from '../../checker/facts/unwatched.ts';
import type { Leadership } from '../../checker/facts/leadership.ts';
import type { Run } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';
import type { Span } from './events-around.ts';
import type { RecordRows, Standing, Step, StepOf } from './life.ts';

/** What the history does not tell of a record, in sentences: nothing of it is guessed. */
export function notKnownOf(
  run: Run,
  { writes, reads }: RecordRows,
  about: {
    steps: readonly Step[];
    standing: Standing;
    leadership: Leadership;
    span: Span;
    partition: number;
    hasEnds: boolean;
  },
): string[] {
  const { steps, standing, leadership, span, partition, hasEnds } = about;
  const { info } = run;
  const list: string[] = [];
  if (writes.length === 0)
    list.push('When it was sent, and what became of that: the history has no row of its write.');
  for (const write of writes) list.push(...ofWrite(write, steps, standing));
  const requests = writes.some(
    ({ attempts, outcome }) => attempts > 1 || (attempts > 0 && outcome === 'info'),
  );
  if (info.requestLog !== true && requests)
    list.push('What brokers answered to its requests: the history has no request log.');
  if (leadership.terms.length === 0) list.push(`Who led partition ${partition}.`);
  else if (leadership.isSampled)
    list.push(
      'When exactly leaders took over: brokers were only asked now and then, so terms began earlier than told, and some may be missing.',
    );
  for (const { fromNs, toNs } of new Unwatched(run.events).gaps)
    if (fromNs <= span.toNs && toNs >= span.fromNs)
      list.push(
        `Whether the leader changed from ${moment(fromNs)} ${toNs === Infinity ? 'on' : `to ${moment(toNs)}`}: nothing was observed then.`,
      );
  if (!hasEnds) list.push(`What the end offset of partition ${partition} was while it was written.`);
  const isNumbered = [...reads, ...steps].some((row) => 'producerId' in row && row.producerId !== null);
  if ((info.contract.idempotence || info.transactions !== undefined) && !isNumbered)
    list.push('Which producer id and sequence number its batch had.');
  if (writes.some(({ transaction }) => transaction !== undefined) && !steps.some(isBegin))
    list.push('What became of its transaction: the history has no row of it.');
  if (steps.some(isGivenInTransaction) && !steps.some((step) => step.what === 'given' && step.marker))
    list.push('Which marker ended its transaction: no reader was given one of its producer behind it.');
  list.push(...ofStanding(standing));
  return list;
}

const isBegin = ({ what }: Step) => what === 'transaction-began';
const isGivenInTransaction = (step: Step) =>
  step.what === 'given' && step.producerId !== undefined && step.producerId >= 0;

function ofWrite(write: Write, steps: readonly Step[], { places }: Standing): string[] {
  const { outcome, offset, broker, attempts, completeNs } = write;
  const list: string[] = [];
  const answer = steps.find(
    (step): step is StepOf<'answered'> => step.what === 'answered' && step.timeNs === completeNs,
  );
  if (completeNs === null) list.push('What became of its write: the history ends before that.');
  else if (outcome === 'info' && places.length === 0)
    list.push('Whether any of its attempts was stored: no answer says it.');
  if (outcome === 'ok' && offset === null) list.push('At which offset it was acknowledged.');
  if (outcome === 'ok' && broker === null) list.push('Which broker acknowledged it.');
  else if (outcome === 'ok' && answer?.epoch === null)
    list.push('In which leader epoch it was acknowledged.');
  if (attempts > 1) list.push(`To which brokers the first ${counted(attempts - 1, 'attempt')} went.`);
  return list;
}

function ofStanding({ where, scans }: Standing): string[] {
  if (where !== 'not-known') return [];
  if (scans.length === 0) return ['Where it is in the end: the history has no final scan of its partition.'];
  return scans.every(({ covered }) => !covered)
    ? ['Where it is in the end: no final scan read all of its partition.']
    : [
        'Where it is in the end: the final scan began before its write was over, or above its offset, or hides what is not committed.',
      ];
}
