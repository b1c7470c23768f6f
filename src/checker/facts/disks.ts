import { clause } from '../../core/words.ts';
import type { FaultSpan } from '../../history/fault-spans.ts';

/** Faults of other tools that change what is on a disk. This program's own kinds do not; power loss is judged by itself. */
const CHANGES_DISKS = /disk|wipe|corrupt|bit-?flip/i;

/** Whether faults of this kind change what is on a disk, by their name. */
export const changesDisks = (kind: string): boolean => CHANGES_DISKS.test(kind);

/** Why a disk may have lost what it held, in words; null where no fault changed one. */
export function diskExcuseOf(faults: readonly FaultSpan[]): string | null {
  const change = faults.find(({ kind }) => changesDisks(kind));
  return change === undefined
    ? null
    : `the fault “${clause(change.label)}” may have changed what a disk held`;
}
