import { listed } from '../../core/words.ts';
import type { Examination } from '../examination.ts';
import { findingClause } from '../findings/finding-words.ts';
import { FINDING_KINDS } from '../result.ts';

/**
 * If a file was changed after it was written, and its checksum does not say where, any of its lines may be the one: two
 * halves of lines with a hole between them may read like a write. Then nothing is accused, and the doubt says what
 * would have been found.
 */
export function withdrawAll({ wasChanged, counts, findings, doubts }: Examination): void {
  if (!wasChanged) return;
  const withdrawn: string[] = [];
  for (const kind of FINDING_KINDS) {
    if (kind === 'unread' || kind === 'sent-missing' || counts[kind] === 0) continue;
    withdrawn.push(findingClause(kind, counts[kind], counts.ok));
    counts[kind] = 0;
    findings.withdraw(kind);
  }
  if (withdrawn.length === 0) return;
  doubts.push(
    `The file was changed after it was written, so what is found in it proves nothing: ${listed(withdrawn)}.`,
  );
}
