import type { Examination } from '../examination.ts';

/** Of a history that was reduced to what matters: what was left out counts, too. All of it was found. */
export function countLeftOut(examination: Examination): void {
  const { counts } = examination;
  const { writes = 0, others = { info: 0, sent: 0 }, faults } = examination.run.leftOut ?? {};
  const found = writes + others.info + others.sent;
  counts.attempted += found;
  counts.found += found;
  counts.ok += writes;
  counts.info += others.info;
  counts['info-found'] += others.info;
  counts.sent += others.sent;
  if (faults?.tested === true) examination.testedUnderFault = true;
}
