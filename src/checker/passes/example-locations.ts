import { int64At } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import { slotCodeOf } from './presence.ts';
import { FIRST_VALUE } from '../columns/slots.ts';
import type { Example, FindingKind } from '../result.ts';

const SHOWN_MAX = 10;
const FILTER_SIZE = 65_536;
const FOUND_ELSEWHERE: ReadonlySet<FindingKind> = new Set(['misplaced', 'duplicate', 'aborted-read']);

/** Where the few values that stand as examples were found. */
export function locateExamples(examination: Examination): void {
  const { values, findings } = examination;
  const wanted = new Map<number, Example[]>();
  for (const { kind, group } of findings) {
    if (!FOUND_ELSEWHERE.has(kind)) continue;
    for (const example of group.examples) {
      const [worker, seq] = example.value.slice(1).split(':').map(Number) as [number, number];
      const id = values.idOf(worker, seq);
      wanted.set(id, [...(wanted.get(id) ?? []), example]);
    }
  }
  if (wanted.size === 0) return;
  if (areReadsInSlots(examination)) lookInSlots(examination, wanted);
  else lookInReads(examination, wanted);
  for (const example of [...wanted.values()].flat()) example.foundOffsets?.sort((a, b) => a - b);
}

/** Whether the slots hold every record that was read, so that they need not be read again. */
function areReadsInSlots({ logs, counts }: Examination): boolean {
  return (
    counts.phantom === 0 &&
    logs.every((log) => log.earlierReads === 0 && log.scannedUpwards && !log.isContradicted)
  );
}

function lookInSlots({ logs }: Examination, wanted: ReadonlyMap<number, Example[]>): void {
  const mayBeWanted = new Uint8Array(FILTER_SIZE);
  for (const id of wanted.keys()) mayBeWanted[(id + FIRST_VALUE) & (FILTER_SIZE - 1)] = 1;
  for (const { slots } of logs) {
    slots.forEach((offset, code, isScanned) => {
      if (mayBeWanted[code & (FILTER_SIZE - 1)] === 0) return;
      const examples = wanted.get(code - FIRST_VALUE);
      if (examples !== undefined && isScanned) show(examples, offset);
    });
  }
}

/** A last pass over the reads. */
function lookInReads(examination: Examination, wanted: ReadonlyMap<number, Example[]>): void {
  const { run, values } = examination;
  /** By the low bits of a seq: 1 if it may be that of a wanted value. Nearly all are not. */
  const mayBeWanted = new Uint8Array(FILTER_SIZE);
  for (const id of wanted.keys()) mayBeWanted[values.seqOf(id) % FILTER_SIZE] = 1;
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      if (mayBeWanted[batch.seq[2 * row]! & (FILTER_SIZE - 1)] === 0) continue;
      const log = examination.logOf(batch.partition[row]!);
      const code = slotCodeOf(
        examination,
        log,
        batch.integrity[row]!,
        batch.worker[row]!,
        int64At(batch.seq, row),
      );
      const examples = wanted.get(code - FIRST_VALUE);
      if (examples === undefined) continue;
      show(examples, int64At(batch.offset, row));
    }
  }
}

function show(examples: readonly Example[], offset: number): void {
  for (const example of examples) {
    const offsets = (example.foundOffsets ??= []);
    if (offsets.length < SHOWN_MAX && !offsets.includes(offset)) offsets.push(offset);
  }
}
