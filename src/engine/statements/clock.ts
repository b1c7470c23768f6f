import { BEFORE, type Step } from './step.ts';

/** Tables that the clock is asked by: the first answer that came before its question, or far too late, and the latest before it. */
export function clockSteps(slackNs: number): Step[] {
  const block = 'rowNumber - rowNumber % 1000000';
  return [
    {
      what: 'whether the clock ran forwards',
      name: 'clock_blocks',
      sql: `
SELECT block, MAX(latestNs) OVER (ORDER BY block ${BEFORE}) AS beforeNs FROM (
  SELECT ${block} AS block, MAX(completeNs) AS latestNs FROM writes WHERE completeNs >= 0 GROUP BY ${block}
) AS blocks`,
    },
    {
      what: 'where it did not',
      name: 'clock_break',
      sql: `
SELECT MIN(rowNumber) AS rowNumber FROM (
  SELECT w.rowNumber, w.invokeNs, w.completeNs, b.beforeNs,
    MAX(w.completeNs) OVER (PARTITION BY b.block ORDER BY w.rowNumber ${BEFORE}) AS withinNs
  FROM writes w JOIN clock_blocks b ON ${block.replaceAll('rowNumber', 'w.rowNumber')} = b.block
  WHERE w.completeNs >= 0
) AS answers
WHERE completeNs < invokeNs OR completeNs < beforeNs - ${slackNs} OR completeNs < withinNs - ${slackNs}`,
    },
    {
      what: 'which answers show it',
      name: 'clock_values',
      sql: `
SELECT w.worker, w.seq FROM writes w JOIN clock_break c ON w.rowNumber = c.rowNumber
UNION
SELECT worker, seq FROM writes WHERE rowNumber IN (
  SELECT MIN(rowNumber) FROM writes WHERE completeNs IN (
    SELECT MAX(w.completeNs) FROM writes w JOIN clock_break c ON w.rowNumber < c.rowNumber))`,
    },
    {
      what: 'which values matter now',
      name: 'more_values',
      sql: 'SELECT worker, seq FROM kept_values UNION SELECT worker, seq FROM clock_values',
    },
  ];
}
