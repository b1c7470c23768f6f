import { counted, grouped, moment, seconds } from '../../core/words.ts';
import type { Step, StepOf } from './life.ts';

/** A step of a record's life as a clause without its time: `acknowledged at offset 1,060 by kafka1 (leader epoch 0)`. */
export function stepInWords(step: Step): string {
  switch (step.what) {
    case 'due':
      return `due to be written to ${partitionName(step.partition)}`;
    case 'sent':
      return sentInWords(step);
    case 'produced':
      return producedInWords(step);
    case 'answered':
      return answeredInWords(step);
    case 'leader': {
      const epoch = step.epoch === null ? ' (epoch not known)' : ` in epoch ${step.epoch}`;
      const start = step.startOffset === null ? '' : `, from offset ${grouped(step.startOffset)}`;
      return `${step.node} is first seen to lead partition ${step.partition}${epoch}${start}`;
    }
    case 'fault-start':
      return `fault “${step.label}”${struck(step.targets)} takes effect${proven(step.verified)}`;
    case 'fault-stop':
      return `fault “${step.label}” is undone${proven(step.verified)}`;
    case 'by-hand':
      return `by hand${step.mark === 'moment' ? '' : ` (${step.mark})`}: ${step.text}`;
    case 'cut': {
      const which = step.partition === null ? ' (of which partition, the line does not say)' : '';
      return `${step.node} cuts its log to offset ${grouped(step.truncatedTo)}${which}`;
    }
    case 'end':
      return endInWords(step);
    case 'transaction-began': {
      const { producerId, epoch } = step;
      const by =
        producerId === null ? '' : ` (producer ${producerId}${epoch === null ? '' : `, epoch ${epoch}`})`;
      return `its transaction, number ${grouped(step.number)} of its worker, begins${by}`;
    }
    case 'transaction-end-asked':
      return step.end === 'open'
        ? 'the transaction is left open'
        : `the client asks to ${step.end} the transaction`;
    case 'transaction-ended':
      return transactionEndInWords(step);
    case 'given':
      return givenInWords(step);
    case 'passed': {
      const instead = step.instead === undefined ? '' : ` (there it is given ${step.instead})`;
      return `${step.reader} goes past offset ${grouped(step.offset)} without it: it is given offset ${grouped(step.givenOffset)}${instead}${untimedWords(step)}`;
    }
    case 'not-returned': {
      const part = step.covered ? '' : ', of which it did not read all';
      return `${step.reader} is over and was not given it: it read from offset ${grouped(step.from)} to the end ${grouped(step.end)}${part}`;
    }
    case 'reset':
      return `${step.reader} goes on from offset ${grouped(step.to)} instead of ${grouped(step.from)} (${step.reason})`;
    case 'repetition':
      return `${step.reader} sees sequence number ${grouped(step.sequence)} of producer ${step.producerId} at offset ${grouped(step.offset)}, which the log has had or gone past`;
    case 'copied':
      return copiedInWords(step);
    case 'group-commit':
      return `member ${step.member} of the group has committed ${grouped(step.position)}, which is beyond offset ${grouped(step.offset)}`;
  }
}

function sentInWords({ attempts, node, copyOf }: StepOf<'sent'>): string {
  const copy = copyOf === undefined ? '' : ` as a copy of offset ${grouped(copyOf)}`;
  if (attempts === 0) return `given to the client${copy}; no request with it reached a socket`;
  const tries =
    attempts === null ? '' : attempts === 1 ? ' in one attempt' : ` in ${counted(attempts, 'attempt')}`;
  const to =
    node === null
      ? ', to whom is not known'
      : (attempts ?? 1) === 1
        ? `, to ${node}`
        : `, the last of them to ${node}`;
  return `sent${copy}${tries}${to}`;
}

function producedInWords(step: StepOf<'produced'>): string {
  const { node, partition, code, offset, producerId, epoch, sequence } = step;
  const where = partition === null ? '' : ` for partition ${partition}`;
  const numbers = [
    ...(producerId === undefined ? [] : [`producer ${producerId}`]),
    ...(epoch === undefined ? [] : [`epoch ${epoch}`]),
    ...(sequence === undefined ? [] : [`sequence ${grouped(sequence)}`]),
  ];
  const as = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  const answer =
    code === null
      ? 'answers what could not be read'
      : code === 0
        ? `takes it${offset === null ? '' : ` at offset ${grouped(offset)}`}`
        : `answers with error code ${code}`;
  return `request log: ${node} ${answer}${where}${as}`;
}

function answeredInWords(step: StepOf<'answered'>): string {
  const { outcome, error, offset, node, epoch, seenLater, tookNs } = step;
  const after = `, ${seconds(tookNs)} after it was sent`;
  const by = node === null ? '' : ` by ${node}`;
  if (outcome === 'ok') {
    const at = offset === null ? '' : ` at offset ${grouped(offset)}`;
    const later =
      seenLater === undefined
        ? ''
        : ` (first seen to lead at ${moment(seenLater.timeNs)}${seenLater.epoch === null ? '' : `, in epoch ${seenLater.epoch}`})`;
    const term = epoch === null ? later : ` (leader epoch ${epoch})`;
    return `acknowledged${at}${by}${term}${after}`;
  }
  if (outcome === 'sent') return 'handed to the socket: with acks=0 there is no answer';
  const why = error === null ? 'no reason is recorded' : error;
  if (outcome === 'fail') return `failed${by} (${why})${after}: the client counts it as not stored`;
  return `its outcome stays unknown (${why})${after}`;
}

const END_WORDS: Record<StepOf<'end'>['which'], string> = {
  below: 'the last one below the record',
  above: 'the first one above it',
  'below-again': 'below it again',
};

function endInWords({ which, node, end, offset }: StepOf<'end'>): string {
  return `${node ?? 'a broker'} gives the end offset ${grouped(end)}: ${END_WORDS[which]} (offset ${grouped(offset)})`;
}

function copiedInWords({ value, partition, outcome, offset }: StepOf<'copied'>): string {
  const became = {
    ok: `acknowledged${offset === null ? '' : ` at offset ${grouped(offset)}`}`,
    sent: 'sent without an answer',
    fail: 'failed',
    info: 'of unknown outcome',
  }[outcome];
  return `a copy of it, ${value} to partition ${partition}, is ${became}`;
}

function transactionEndInWords({ outcome, error }: StepOf<'transaction-ended'>): string {
  const why = error === null ? '' : ` (${error})`;
  if (outcome === 'committed') return `the client learns that the transaction is committed${why}`;
  if (outcome === 'aborted') return `the transaction counts as aborted${why}`;
  return `whether the transaction was committed stays unknown${why}`;
}

function givenInWords(step: StepOf<'given'>): string {
  const { reader, partition, offset, producerId = -1, epoch, marker } = step;
  const batch =
    producerId < 0
      ? ''
      : `, in a batch of producer ${producerId}${epoch === undefined ? '' : `, epoch ${epoch}`}`;
  const ended =
    marker === undefined
      ? ''
      : `; the next marker of that producer is ${marker.kind === 'commit' ? 'a commit' : 'an abort'} at offset ${grouped(marker.offset)}`;
  return `${reader} is given it at offset ${grouped(offset)} of partition ${partition}${batch}${ended}${untimedWords(step)}`;
}

const untimedWords = ({ untimed }: { untimed?: true }) =>
  untimed === true ? ' (when exactly is not told)' : '';

function partitionName(partition: number): string {
  return partition < 0 ? 'a partition that the client library chooses' : `partition ${partition}`;
}

const struck = (targets: readonly string[]) => (targets.length === 0 ? '' : ` (${targets.join(', ')})`);
const proven = (verified: boolean) => (verified ? '' : ', as far as it was tried: it was not observed');
