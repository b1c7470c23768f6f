import { hostsOf } from '../checker/facts/worker-clocks.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { listed } from '../core/words.ts';
import type { RunInfo } from '../history/run.ts';

type Info = Pick<RunInfo, 'clocks' | 'transactions' | 'group' | 'copies'>;

/**
 * What of a history no engine judges, as the end of a sentence: "… judges a history with transactions"; null where there is nothing
 * of the kind. The statements know neither markers nor committed offsets, so what they would leave out might matter.
 */
export function beyondEngines({ clocks, transactions, group, copies }: Info): string | null {
  const parts = [
    ...(transactions === undefined ? [] : ['transactions']),
    ...(group === undefined ? [] : ['a consumer group']),
    ...(copies === undefined ? [] : ['copies of records']),
  ];
  if (parts.length > 0) return `a history with ${listed(parts)}`;
  return clocks === undefined ? null : `a history whose workers had clocks of their own (${hostsOf(clocks)})`;
}

/** @throws Failure (usage) where no engine can judge it. */
export function assertWithinEngines(info: Info): void {
  const beyond = beyondEngines(info);
  if (beyond === null) return;
  throw new Failure(`No engine judges ${beyond}`, {
    hint: 'say --engine native: kept judges such a history by itself, in the memory of this machine',
    exitStatus: EXIT.usage,
  });
}
