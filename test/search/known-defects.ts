import type { Finding, FindingKind } from '../../src/checker/result.ts';
import type { SeedReport } from '../../src/search/sweep.ts';

/**
 * What a request that comes late can do where an end gives no new epoch (`transaction.version` 1: KAFKA-17754, and KIP-890's
 * late records and markers), and who is blamed for it. The correct model does it, too. A record that is shown before its
 * commit was asked for may be the reader's doing as well: there the blame is left open.
 */
export const KNOWN_DEFECTS: Readonly<Partial<Record<FindingKind, Finding['blame']>>> = {
  'aborted-read': 'protocol',
  'dirty-read': 'unknown',
  'lost-committed': 'protocol',
  merged: 'protocol',
  split: 'protocol',
  torn: 'protocol',
};

/** Whether a seed is accused, and all that it is accused of is among them. */
export function isKnownDefect({
  verdict,
  accusations,
}: Pick<SeedReport, 'verdict' | 'accusations'>): boolean {
  return verdict === 'invalid' && accusations.every(({ kind, blame }) => KNOWN_DEFECTS[kind] === blame);
}
