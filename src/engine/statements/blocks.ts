import { type Asked, BEFORE, blockOf, IS_VALUE, NONE, type Step } from './step.ts';

/**
 * Nearly all rows are plain, and most of them can be told from the others without a look at each of them: offsets are taken
 * in blocks, and a block of writes and the same block as each reader was given it are compared by how many rows they have
 * and by a fingerprint of 128 bits. The tables of blocks are so much smaller that sorting them costs nothing. Rows of blocks
 * that differ in anything are looked at one by one.
 */

/** Exclusive or of rows that are all different: blocks with the same rows have the same, in whatever order. */
const fingerprint = (of: string): string =>
  `BIT_XOR(xxhash64(${of}pos, ${of}worker, ${of}seq)) AS mark1, BIT_XOR(xxhash64(${of}seq, ${of}worker, ${of}pos)) AS mark2`;

/** Whether a write is one that the log must hold, and cannot hold twice. */
export const oddWrite = ({ dense, maySendAgain }: Asked): string =>
  `CASE WHEN outcome = 'ok' AND pos IS NOT NULL AND completeNs >= invokeNs${dense && maySendAgain ? ' AND attempts <= 1' : ''} THEN 0 ELSE 1 END`;

/** Writes by the block of the offset at which they were acknowledged. */
export const writeBlocks = (asked: Asked): Step => ({
  what: 'what was written',
  name: 'write_blocks',
  sql: `
SELECT part, ${blockOf('pos', asked.block)} AS block, COUNT(*) AS rowsHere, SUM(${oddWrite(asked)}) AS oddRows, ${fingerprint('')},
  MAX(invokeNs) AS calledNs, MIN(CASE WHEN completeNs >= invokeNs THEN completeNs END) AS knownNs,
  MIN(pos) AS lowest, MAX(pos) AS highest
FROM writes WHERE pos IS NOT NULL
GROUP BY part, ${blockOf('pos', asked.block)}`,
});

/** The same of what each reader was given. */
export const readBlocks = ({ block }: Asked): Step => ({
  what: 'what each reader was given',
  name: 'read_blocks',
  sql: `
SELECT r.part, r.scan, ${blockOf('r.pos', block)} AS block, COUNT(*) AS rowsHere,
  SUM(CASE WHEN ${IS_VALUE} THEN 0 ELSE 1 END) AS oddRows, ${fingerprint('r.')},
  MIN(CASE WHEN r.readNs > 0 THEN r.readNs END) AS givenNs, MAX(r.pos) AS highest,
  MIN(r.readNs) AS earliestNs, MAX(r.readNs) AS latestNs, MIN(r.rowNumber) AS firstRow, MAX(r.rowNumber) AS lastRow,
  MIN(r.pos - r.rowNumber) AS lowestStep, MAX(r.pos - r.rowNumber) AS highestStep
FROM reads r
GROUP BY r.part, r.scan, ${blockOf('r.pos', block)}`,
});

/**
 * Blocks of a worker's sequence numbers in which some number was written twice: then fewer bits are set than there are
 * writes.
 */
export const repeated = ({ block }: Asked): Step => ({
  what: 'which values were written twice',
  name: 'repeated',
  sql: `
SELECT worker, ${blockOf('seq', block)} AS block
FROM writes
GROUP BY worker, ${blockOf('seq', block)}
HAVING BIT_COUNT(BIT_OR(CAST(POWER(2, seq % ${block}) AS BIGINT))) < COUNT(*)`,
});

/**
 * Partitions that are kept whole because of their events, or because some reader was given records out of the order of
 * their offsets or of time. Blocks tell which came before which; within a block rows are in order where the offset grows as
 * the row number does and the time stays the same, and are looked at elsewhere.
 */
export const straying = ({ block }: Asked): Step => ({
  what: 'which readers went straight on',
  name: 'straying',
  sql: `
SELECT part FROM whole_given
UNION
SELECT part FROM (
  SELECT part, firstRow, earliestNs,
    MAX(lastRow) OVER (PARTITION BY part, scan ORDER BY block ${BEFORE}) AS rowBefore,
    MAX(latestNs) OVER (PARTITION BY part, scan ORDER BY block ${BEFORE}) AS nsBefore
  FROM read_blocks
) AS swept
WHERE firstRow < rowBefore OR earliestNs < nsBefore
UNION
SELECT part FROM (
  SELECT r.part, r.pos, r.readNs,
    MAX(r.pos) OVER (PARTITION BY r.part, r.scan, b.block ORDER BY r.rowNumber ${BEFORE}) AS highest,
    MAX(r.readNs) OVER (PARTITION BY r.part, r.scan, b.block ORDER BY r.rowNumber ${BEFORE}) AS latest
  FROM reads r JOIN read_blocks b ON r.part = b.part AND r.scan = b.scan AND ${blockOf('r.pos', block)} = b.block
  WHERE b.lowestStep < b.highestStep OR b.earliestNs < b.latestNs
) AS given
WHERE pos <= highest OR readNs < latest`,
});

/**
 * All blocks of offsets. One is not odd where each row is a write that was acknowledged, and the deciding scan and every
 * reader that says that it read the block, and no other one, was given just those rows.
 */
export const blocks = ({ dense, block }: Asked): Step => ({
  what: 'where all is as it should be',
  name: 'blocks',
  sql: `
SELECT b.part, b.block, b.rowsHere, b.calledNs, b.knownNs, b.givenNs, b.lowest, b.highest,
  CASE WHEN b.isOdd = 0 AND b.givenTo = COALESCE(c.mask, 0) AND s.part IS NULL THEN 0 ELSE 1 END AS isOdd
FROM (
  SELECT part, block, MAX(rowsHere) AS rowsHere, MAX(calledNs) AS calledNs, MIN(knownNs) AS knownNs,
    MIN(givenNs) AS givenNs, MIN(lowest) AS lowest, MAX(highest) AS highest, SUM(givenTo) AS givenTo,
    CASE WHEN SUM(isWrite) = 1 AND SUM(isDecided) = 1 AND SUM(oddRows) = 0 AND MIN(rowsHere) = MAX(rowsHere)
      AND MIN(mark1) = MAX(mark1) AND MIN(mark2) = MAX(mark2)${dense ? '\n      AND MAX(highest) - MIN(lowest) + 1 = MAX(rowsHere)' : ''}
      THEN 0 ELSE 1 END AS isOdd
  FROM (
    SELECT part, block, 1 AS isWrite, 0 AS isDecided, 0 AS givenTo, rowsHere, oddRows, mark1, mark2, calledNs, knownNs,
      ${NONE} AS givenNs, lowest, highest
    FROM write_blocks
    UNION ALL
    SELECT r.part, r.block, 0, COALESCE(s.deciding, 0), COALESCE(s.bit, 0), r.rowsHere,
      CASE WHEN s.bit IS NULL THEN 1 ELSE r.oddRows END, r.mark1, r.mark2, ${NONE}, r.givenNs, r.givenNs, ${NONE}, ${NONE}
    FROM read_blocks r LEFT JOIN sessions s ON r.part = s.part AND r.scan = s.scan
  ) AS facts
  GROUP BY part, block
) AS b
LEFT JOIN claims c ON b.part = c.part AND b.block >= c.fromPos AND b.block + ${block} <= c.toPos
LEFT JOIN straying s ON b.part = s.part`,
});

/** The odd ones; and those in which a record was read before it was sent, which only its own times tell. */
export const oddBlocks = ({ block }: Asked): Step => ({
  what: 'where something is not',
  name: 'odd_blocks',
  sql: `
SELECT part, block FROM blocks WHERE isOdd = 1
UNION
SELECT part, block FROM (
  SELECT b.part, b.block, w.pos, w.invokeNs AS calledNs, ${NONE} AS givenNs
  FROM writes w JOIN blocks b ON w.part = b.part AND ${blockOf('w.pos', block)} = b.block
  WHERE b.isOdd = 0 AND b.givenNs < b.calledNs
  UNION ALL
  SELECT b.part, b.block, r.pos, ${NONE}, CASE WHEN r.readNs > 0 THEN r.readNs END
  FROM reads r JOIN blocks b ON r.part = b.part AND ${blockOf('r.pos', block)} = b.block
  WHERE b.isOdd = 0 AND b.givenNs < b.calledNs
) AS facts
GROUP BY part, block, pos
HAVING MIN(givenNs) < MAX(calledNs)`,
});

/** Values that may occur in several places: all that are written twice, have no place, or have a row in an odd block. */
const suspects = ({ block }: Asked): Step => ({
  what: 'which values may be elsewhere, too',
  name: 'suspects',
  sql: `
SELECT worker, seq FROM writes WHERE pos IS NULL
UNION
SELECT w.worker, w.seq FROM writes w JOIN repeated v ON w.worker = v.worker AND ${blockOf('w.seq', block)} = v.block
UNION
SELECT w.worker, w.seq FROM writes w JOIN odd_blocks b ON w.part = b.part AND ${blockOf('w.pos', block)} = b.block
UNION
SELECT r.worker, r.seq FROM reads r JOIN odd_blocks b ON r.part = b.part AND ${blockOf('r.pos', block)} = b.block
WHERE ${IS_VALUE}`,
});

/** Blocks whose rows are looked at one by one: the odd ones, and those in which a suspect was written. */
const murky = ({ block }: Asked): Step => ({
  what: 'where rows are looked at one by one',
  name: 'murky',
  sql: `
SELECT part, block FROM odd_blocks
UNION
SELECT w.part, ${blockOf('w.pos', block)} AS block FROM writes w JOIN suspects s ON w.worker = s.worker AND w.seq = s.seq
WHERE w.pos IS NOT NULL`,
});

/** Their rows, and the writes without a place: all rows of every value that is not plain are among them. */
const murkyWrites = ({ block }: Asked): Step => ({
  what: 'what was written there',
  name: 'murky_writes',
  sql: `
SELECT w.part, w.pos, w.worker, w.seq, w.invokeNs, w.completeNs, w.outcome, w.attempts
FROM writes w JOIN murky m ON w.part = m.part AND ${blockOf('w.pos', block)} = m.block
UNION ALL
SELECT part, pos, worker, seq, invokeNs, completeNs, outcome, attempts FROM writes WHERE pos IS NULL`,
});

const murkyReads = ({ block }: Asked): Step => ({
  what: 'what was read there',
  name: 'murky_reads',
  sql: `
SELECT r.part, r.pos, r.scan, r.worker, r.seq, r.readNs, r.integrity
FROM reads r JOIN murky m ON r.part = m.part AND ${blockOf('r.pos', block)} = m.block`,
});

export const murkySteps = (asked: Asked): Step[] =>
  [suspects, murky, murkyWrites, murkyReads].map((step) => step(asked));
