import { AFTER, type Asked, BEFORE, blockOf, FROM_HERE, IS_VALUE, NONE, SO_FAR, type Step } from './step.ts';

/**
 * Whether blocks that are in order but for time may break its rules: `far`, if a row was perhaps known before something in
 * a block below it was sent, or an end offset may contradict it; `near`, if at most the rows of the block itself do.
 */
const blockTimes = ({ block }: Asked): Step => ({
  what: 'where offsets may not follow time',
  name: 'block_times',
  sql: `
SELECT d.part, d.block, d.calledNs, d.givenNs,
  CASE WHEN d.knownNs < d.calledBefore OR d.knownNs < d.looseNs OR d.knownNs < d.absentNs
    OR d.presentNs < d.calledBefore OR d.presentNs < d.calledNs OR d.presentNs < d.looseNs THEN 1 ELSE 0 END AS far,
  CASE WHEN d.knownNs < d.calledNs THEN 1 ELSE 0 END AS near
FROM (
  SELECT part, block, calledNs, knownNs, givenNs, looseNs,
    MAX(latestNs) OVER (PARTITION BY part ORDER BY block ${BEFORE}) AS calledBefore,
    MAX(askedNs) OVER (PARTITION BY part ORDER BY block ${SO_FAR}) AS absentNs,
    MIN(answeredNs) OVER (PARTITION BY part ORDER BY block ${FROM_HERE}) AS presentNs
  FROM (
    SELECT part, block, MAX(calledNs) AS calledNs, MIN(knownNs) AS knownNs, MIN(givenNs) AS givenNs,
      MAX(looseNs) AS looseNs, MAX(COALESCE(calledNs, looseNs)) AS latestNs, MAX(askedNs) AS askedNs,
      MIN(answeredNs) AS answeredNs
    FROM (
      SELECT part, block, calledNs, knownNs, givenNs, ${NONE} AS looseNs, ${NONE} AS askedNs, ${NONE} AS answeredNs
      FROM blocks
      UNION ALL
      SELECT part, ${blockOf('pos', block)}, ${NONE}, ${NONE}, ${NONE}, calledNs, ${NONE}, ${NONE} FROM loose
      UNION ALL
      SELECT part, ${blockOf('pos', block)}, ${NONE}, ${NONE}, ${NONE}, ${NONE}, askedNs, answeredNs FROM ends
    ) AS lines
    GROUP BY part, block
  ) AS by_block
) AS d
LEFT JOIN murky m ON d.part = m.part AND d.block = m.block
WHERE m.part IS NULL`,
});

/** Of those the ones that do, or may: how the rows of one block follow each other is soon seen. */
const doubted = ({ block }: Asked): Step => ({
  what: 'where they do not',
  name: 'doubted',
  sql: `
SELECT part, block FROM block_times WHERE far = 1
UNION
SELECT part, block FROM (
  SELECT part, block, knownNs, MAX(calledNs) OVER (PARTITION BY part, block ORDER BY pos, kind ${BEFORE}) AS calledBefore
  FROM (
    SELECT b.part, b.block, w.pos, 1 AS kind, w.invokeNs AS calledNs, w.completeNs AS knownNs
    FROM writes w JOIN block_times b ON w.part = b.part AND ${blockOf('w.pos', block)} = b.block
    WHERE b.far = 0 AND b.near = 1
    UNION ALL
    SELECT b.part, b.block, r.pos, 2, ${NONE}, CASE WHEN r.readNs > 0 THEN r.readNs END
    FROM reads r JOIN block_times b ON r.part = b.part AND ${blockOf('r.pos', block)} = b.block
    WHERE b.far = 0 AND b.near = 1 AND b.givenNs < b.calledNs
  ) AS rows_of_block
) AS swept
WHERE knownNs < calledBefore`,
});

/** Blocks of which no row is looked at: all their offsets are plain, and break no rule of time. */
const calm: Step = {
  what: 'where nothing is left to be asked',
  name: 'calm',
  sql: `
SELECT b.part, b.block, b.calledNs, b.knownNs, b.lowest, b.highest
FROM blocks b
LEFT JOIN murky m ON b.part = m.part AND b.block = m.block
LEFT JOIN doubted d ON b.part = d.part AND b.block = d.block
WHERE m.part IS NULL AND d.part IS NULL AND b.part NOT IN (SELECT part FROM whole)`,
};

/**
 * Every offset of the other blocks at which anything is said to stand: plain where one write was acknowledged and every
 * reader that went past it was given just that. `calledNs`: when the latest of its writes was sent; `knownNs`: when
 * somebody knew of it first.
 */
const places = ({ block }: Asked): Step => ({
  what: 'what stands at each offset',
  name: 'places',
  sql: `
SELECT p.part, p.pos, p.calledNs, p.knownNs,
  CASE WHEN p.isOdd = 0 AND p.givenTo = COALESCE(c.mask, 0) AND o.worker IS NULL THEN 1 ELSE 0 END AS isPlain
FROM (
  SELECT part, pos, MAX(calledNs) AS calledNs, MIN(knownNs) AS knownNs,
    MIN(worker) AS worker, MIN(seq) AS seq, SUM(givenTo) AS givenTo,
    CASE WHEN SUM(isWrite) = 1 AND MAX(isOdd) = 0 AND MIN(worker) = MAX(worker) AND MIN(seq) = MAX(seq)
      THEN 0 ELSE 1 END AS isOdd
  FROM (
    SELECT part, pos, worker, seq, 1 AS isWrite, 0 AS givenTo, invokeNs AS calledNs,
      CASE WHEN completeNs >= invokeNs THEN completeNs END AS knownNs,
      CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END AS isOdd
    FROM (
      SELECT part, pos, worker, seq, invokeNs, completeNs, outcome FROM murky_writes
      UNION ALL
      SELECT w.part, w.pos, w.worker, w.seq, w.invokeNs, w.completeNs, w.outcome
      FROM writes w JOIN doubted d ON w.part = d.part AND ${blockOf('w.pos', block)} = d.block
    ) AS near
    WHERE pos IS NOT NULL
    UNION ALL
    SELECT r.part, r.pos, r.worker, r.seq, 0, COALESCE(s.bit, 0), ${NONE},
      CASE WHEN r.readNs > 0 THEN r.readNs END,
      CASE WHEN ${IS_VALUE} AND s.bit IS NOT NULL THEN 0 ELSE 1 END
    FROM (
      SELECT part, pos, scan, worker, seq, readNs, integrity FROM murky_reads
      UNION ALL
      SELECT g.part, g.pos, g.scan, g.worker, g.seq, g.readNs, g.integrity
      FROM reads g JOIN doubted d ON g.part = d.part AND ${blockOf('g.pos', block)} = d.block
    ) AS r LEFT JOIN sessions s ON r.part = s.part AND r.scan = s.scan
  ) AS facts
  WHERE part NOT IN (SELECT part FROM whole)
  GROUP BY part, pos
) AS p
LEFT JOIN claims c ON p.part = c.part AND p.pos >= c.fromPos AND p.pos < c.toPos
LEFT JOIN odd_values o ON p.worker = o.worker AND p.seq = o.seq`,
});

/**
 * Offsets that are not plain, and plain ones that were known before something below them was sent, or that an end offset
 * contradicts. A calm block is a line of its own: what of its rows matters to those above is when the last one was sent.
 */
const oddLines: Step = {
  what: 'whether offsets follow time',
  name: 'odd_lines',
  sql: `
SELECT part, pos, isPlain, plainBefore FROM (
  SELECT part, pos, isPlain, calledNs, knownNs,
    MAX(CASE WHEN isPlain >= 1 THEN calledNs END) OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS plainBefore,
    MAX(calledNs) OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS calledBefore,
    MAX(askedNs) OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS absentNs,
    MIN(answeredNs) OVER (PARTITION BY part ORDER BY pos, kind ${AFTER}) AS presentNs
  FROM (
    SELECT part, pos, 1 AS kind, isPlain, calledNs, knownNs, ${NONE} AS askedNs, ${NONE} AS answeredNs FROM places
    UNION ALL
    SELECT part, block, 1, 2, calledNs, ${NONE}, ${NONE}, ${NONE} FROM calm
    UNION ALL
    SELECT part, pos, 2, -1, calledNs, ${NONE}, ${NONE}, ${NONE} FROM loose
    UNION ALL
    SELECT part, pos, 0, -1, ${NONE}, ${NONE}, askedNs, answeredNs FROM ends
  ) AS lines
) AS swept
WHERE isPlain = 0 OR (isPlain = 1 AND (
  knownNs < calledBefore OR knownNs < absentNs OR presentNs < calledBefore OR presentNs < calledNs))`,
};

/** Beside each stands its witness: of the plain offsets below it the first one that was sent last. */
const oddPlaces: Step = {
  what: 'what was sent last below each',
  name: 'odd_places',
  sql: `
SELECT o.part, o.pos, o.isPlain, l.witness
FROM odd_lines o
LEFT JOIN (
  SELECT w.part, w.invokeNs, MIN(w.pos) AS witness
  FROM writes w
  JOIN (SELECT DISTINCT part, plainBefore FROM odd_lines) AS asked
    ON w.part = asked.part AND w.invokeNs = asked.plainBefore
  LEFT JOIN odd_lines x ON w.part = x.part AND w.pos = x.pos AND x.isPlain = 0
  WHERE w.pos IS NOT NULL AND x.part IS NULL
  GROUP BY w.part, w.invokeNs
) AS l ON o.part = l.part AND o.plainBefore = l.invokeNs`,
};

export const orderSteps = (asked: Asked): Step[] => [
  blockTimes(asked),
  doubted(asked),
  calm,
  places(asked),
  oddLines,
  oddPlaces,
];
