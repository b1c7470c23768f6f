import { oddWrite } from './blocks.ts';
import { type Asked, IS_VALUE, NONE, type Step } from './step.ts';

/**
 * Values that are not written once, acknowledged at an offset, and returned there and nowhere else, by the deciding scan
 * once, and not before they were sent.
 */
export const oddValues = (asked: Asked): Step => ({
  what: 'what became of each value',
  name: 'odd_values',
  sql: `
SELECT worker, seq FROM (
  SELECT worker, seq, part, pos, 1 AS isWrite, 0 AS isDecided, invokeNs AS calledNs, ${NONE} AS givenNs,
    ${oddWrite(asked)} AS isOdd
  FROM murky_writes
  UNION ALL
  SELECT r.worker, r.seq, r.part, r.pos, 0, COALESCE(s.deciding, 0), ${NONE},
    CASE WHEN r.readNs > 0 THEN r.readNs END, 0
  FROM murky_reads r LEFT JOIN sessions s ON r.part = s.part AND r.scan = s.scan
  WHERE ${IS_VALUE}
) AS facts
GROUP BY worker, seq
HAVING CASE
  WHEN SUM(isWrite) = 1 AND SUM(isDecided) = 1 AND MAX(isOdd) = 0
    AND MIN(part) = MAX(part) AND MIN(pos) = MAX(pos)
    AND (MIN(givenNs) IS NULL OR MIN(givenNs) >= MAX(calledNs))
  THEN 0 ELSE 1 END = 1`,
});

/** Where odd values were returned, and when they were sent: there they may stand in the way of others. */
export const loose: Step = {
  what: 'where the others were found',
  name: 'loose',
  sql: `
SELECT r.part, r.pos, w.worker, w.seq, MAX(w.invokeNs) AS calledNs
FROM odd_values o
JOIN murky_writes w ON o.worker = w.worker AND o.seq = w.seq
JOIN murky_reads r ON o.worker = r.worker AND o.seq = r.seq
WHERE r.integrity = 'valid'
GROUP BY r.part, r.pos, w.worker, w.seq`,
};

/**
 * Partitions of which every row is kept: those that no covering scan decided about, and those in which some reader was
 * given records out of the order of their offsets or of time. Where a client may report one offset for a whole batch,
 * also those in which an acknowledged record is found at other offsets only: what stands between matters.
 */
export const whole = ({ maybeBatches }: Asked): Step => ({
  what: 'which partitions are kept whole',
  name: 'whole',
  sql: `
SELECT part FROM straying${maybeBatches ? ELSEWHERE : ''}`,
});

const ELSEWHERE = `
UNION
SELECT part FROM (
  SELECT w.part, w.worker, w.seq, MAX(CASE WHEN l.pos = w.pos THEN 1 ELSE 0 END) AS isInPlace
  FROM loose l JOIN murky_writes w ON l.worker = w.worker AND l.seq = w.seq AND l.part = w.part
  WHERE w.outcome = 'ok' AND w.pos IS NOT NULL
  GROUP BY w.part, w.worker, w.seq
) AS found
WHERE isInPlace = 0`;
