import type { Damage, Run } from '../../history/run.ts';

/**
 * What of a history may be missing. A run directory says it by the name of the damaged file. A file of another format
 * says by counts, and by a checksum, what was written into it: what they do not agree with is marked with `rows`.
 */
export type Rows = 'writes' | 'reads' | 'events';

/** Whether rows of this kind may be missing that were once there. */
export function mayMissRows(run: Run, rows: Rows): boolean {
  return run.damage().some((damage) => damage.file.startsWith(rows) || isCountedOut(damage, rows));
}

/** Whether transactions or markers may be missing that were once there. */
export function mayMissTransactions(run: Run): boolean {
  return run.damage().some(({ file }) => /transactions|markers/.test(file));
}

/** Whether the file does not hold as many lines of this kind as were written into it, or lines that were changed. */
export function countsDisagree(run: Run, rows: Rows): boolean {
  return run.damage().some((damage) => isCountedOut(damage, rows));
}

/** Whether lines of any kind may be missing from the file. */
export function mayMissLines(run: Run): boolean {
  return run.damage().some(({ rows }) => rows !== undefined);
}

/** Whether a line was changed, and it is not known which: then none of them proves anything. */
export function wasChanged(run: Run): boolean {
  return run.damage().some(({ rows }) => rows === 'all');
}

function isCountedOut(damage: Damage, rows: Rows): boolean {
  return damage.rows === rows || damage.rows === 'all';
}
