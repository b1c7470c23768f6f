import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { FIRST_VALUE } from '../columns/slots.ts';
import type { Examination } from '../examination.ts';

const VALID = INTEGRITIES.indexOf('valid');

/**
 * By partition: up to where the log is certainly the one that members were handed. Where what a member was handed at some offset
 * does not stand there any more, the log was cut off, somewhere behind the last record before that is still there, and has grown
 * again: what stands behind it now need not be what members went past.
 */
export function intactUpTo(
  examination: Pick<Examination, 'values' | 'logOf'>,
  run: Pick<Run, 'reads'>,
  lives: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const changed = new Map<number, number>();
  for (const { partition, offset, isThere } of handedIn(examination, run, lives))
    if (!isThere && offset < (changed.get(partition) ?? Infinity)) changed.set(partition, offset);
  if (changed.size === 0) return changed;
  const intact = new Map([...changed.keys()].map((partition) => [partition, 0]));
  for (const { partition, offset, isThere } of handedIn(examination, run, lives))
    if (isThere && offset < (changed.get(partition) ?? 0))
      intact.set(partition, Math.max(intact.get(partition)!, offset));
  return intact;
}

function* handedIn(
  examination: Pick<Examination, 'values' | 'logOf'>,
  run: Pick<Run, 'reads'>,
  lives: ReadonlySet<number>,
): Generator<{ partition: number; offset: number; isThere: boolean }> {
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      if (!lives.has(batch.scan[row]!)) continue;
      const partition = batch.partition[row]!;
      const offset = int64At(batch.offset, row);
      const id = examination.values.idOf(batch.worker[row]!, int64At(batch.seq, row));
      const isThere =
        batch.integrity[row] === VALID &&
        id >= 0 &&
        examination.logOf(partition).slots.scannedAt(offset) === id + FIRST_VALUE;
      yield { partition, offset, isThere };
    }
  }
}
