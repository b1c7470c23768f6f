/**
 * The classes of rows as SQL: what a history must keep for the checker to say of it what it would say of the whole.
 * The texts run unchanged on DuckDB and on Spark. docs/engines.md has the argument for each.
 *
 * The views that they read: `writes` and `reads` (the tables), and what the events say: `sessions`, `claims`, `ends`,
 * `pinned`, `whole_given`, `fault_stretches`, `terms` (see event-tables.ts).
 */
export interface Step {
  /** What it finds out, for people who wait. */
  what: string;
  /** The table that it makes. */
  name: string;
  sql: string;
}

/** What of the history decides which questions there are. */
export interface Asked {
  /** Whether a write of several attempts may have been appended several times. */
  maySendAgain: boolean;
  /** Offsets without a record need an explanation. */
  dense: boolean;
  /** A worker is one session of a producer, and the order of its records is asked. */
  workersAreSessions: boolean;
  /** A client may have reported one offset for all records of a batch. */
  maybeBatches: boolean;
  /** How long the stretches of time are by which faults are told. */
  faultUnitNs: number;
  /** Since when a fault was in force that never ended; null if there was none. */
  lastingFaultNs: number | null;
  /** What outlived a lost record matters. */
  survivors: boolean;
}

/** Later than anything. */
export const FOREVER = 2 ** 60;
const BEFORE = 'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING';
const AFTER = 'ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING';
const NONE = 'CAST(NULL AS BIGINT)';
const IS_VALUE = "r.integrity = 'valid' AND r.worker IS NOT NULL AND r.seq IS NOT NULL";

/** All steps, in order. The last ones leave `kept_values`: the values whose rows are kept. */
export function stepsFor(asked: Asked): Step[] {
  const steps = [oddValues(asked), loose, whole(asked), oddPlaces, marked];
  const more: string[] = [];
  if (asked.workersAreSessions) {
    steps.push(breaks, producerSessions, producerOrder);
    more.push('SELECT part, pos FROM producer_order', 'SELECT part, witness AS pos FROM producer_order');
  }
  if (asked.dense) {
    steps.push(plainPlaces, islands);
    more.push('SELECT part, witness AS pos FROM islands');
  }
  steps.push(keptPlaces(more), keptValues(asked, asked.survivors ? 'first_values' : 'kept_values'));
  if (asked.survivors) steps.push(survivors(asked), withSurvivors);
  return steps;
}

/**
 * Partitions of which every row is kept: those that no covering scan decided about, and those in which some reader was
 * given records out of the order of their offsets or of time. Where a client may report one offset for a whole batch,
 * also those in which an acknowledged record is found at other offsets only: what stands between matters.
 */
const whole = ({ maybeBatches }: Asked): Step => ({
  what: 'which readers went straight on',
  name: 'whole',
  sql: `
SELECT part FROM whole_given
UNION
SELECT part FROM (
  SELECT part, pos, readNs,
    MAX(pos) OVER (PARTITION BY part, scan ORDER BY rowNumber ${BEFORE}) AS highest,
    MAX(readNs) OVER (PARTITION BY part, scan ORDER BY rowNumber ${BEFORE}) AS latest
  FROM reads
) AS given
WHERE pos <= highest OR readNs < latest${maybeBatches ? ELSEWHERE : ''}`,
});

const ELSEWHERE = `
UNION
SELECT part FROM (
  SELECT w.part, w.worker, w.seq, MAX(CASE WHEN l.pos = w.pos THEN 1 ELSE 0 END) AS isInPlace
  FROM loose l JOIN writes w ON l.worker = w.worker AND l.seq = w.seq AND l.part = w.part
  WHERE w.outcome = 'ok' AND w.pos IS NOT NULL
  GROUP BY w.part, w.worker, w.seq
) AS found
WHERE isInPlace = 0`;

/**
 * Values that are not written once, acknowledged at an offset, and returned there and nowhere else, by the deciding scan
 * once, and not before they were sent.
 */
const oddValues = ({ dense, maySendAgain }: Asked): Step => ({
  what: 'what became of each value',
  name: 'odd_values',
  sql: `
SELECT worker, seq FROM (
  SELECT worker, seq, part, pos, 1 AS isWrite, 0 AS isDecided, invokeNs AS calledNs, ${NONE} AS givenNs,
    CASE WHEN outcome = 'ok' AND pos IS NOT NULL AND completeNs >= invokeNs${dense && maySendAgain ? ' AND attempts <= 1' : ''}
      THEN 0 ELSE 1 END AS isOdd
  FROM writes
  UNION ALL
  SELECT r.worker, r.seq, r.part, r.pos, 0, COALESCE(s.deciding, 0), ${NONE},
    CASE WHEN r.readNs > 0 THEN r.readNs END, 0
  FROM reads r LEFT JOIN sessions s ON r.part = s.part AND r.scan = s.scan
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
const loose: Step = {
  what: 'where the others were found',
  name: 'loose',
  sql: `
SELECT r.part, r.pos, w.worker, w.seq, MAX(w.invokeNs) AS calledNs
FROM odd_values o
JOIN writes w ON o.worker = w.worker AND o.seq = w.seq
JOIN reads r ON o.worker = r.worker AND o.seq = r.seq
WHERE r.integrity = 'valid'
GROUP BY r.part, r.pos, w.worker, w.seq`,
};

/**
 * Every offset at which anything is said to stand: plain where one write was acknowledged and every reader that went past
 * it was given just that. `calledNs`: when the latest of its writes was sent; `knownNs`: when somebody knew of it first.
 */
const placesOf = (): string => `
SELECT p.part, p.pos, p.calledNs, p.knownNs, p.worker, p.seq,
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
    FROM writes WHERE pos IS NOT NULL
    UNION ALL
    SELECT r.part, r.pos, r.worker, r.seq, 0, COALESCE(s.bit, 0), ${NONE},
      CASE WHEN r.readNs > 0 THEN r.readNs END,
      CASE WHEN ${IS_VALUE} AND s.bit IS NOT NULL THEN 0 ELSE 1 END
    FROM reads r LEFT JOIN sessions s ON r.part = s.part AND r.scan = s.scan
  ) AS facts
  WHERE part NOT IN (SELECT part FROM whole)
  GROUP BY part, pos
) AS p
LEFT JOIN claims c ON p.part = c.part AND p.pos >= c.fromPos AND p.pos < c.toPos
LEFT JOIN odd_values o ON p.worker = o.worker AND p.seq = o.seq`;

/**
 * Offsets that are not plain, and plain ones that were known before something below them was sent, or that an end offset
 * contradicts. Beside each stands its witness: of the plain offsets below it the first one that was sent last.
 */
const oddPlaces: Step = {
  what: 'what stands at each offset, and whether offsets follow time',
  name: 'odd_places',
  sql: `
SELECT part, pos, isPlain, witness FROM (
  SELECT part, pos, isPlain, calledNs, knownNs, calledBefore, absentNs, presentNs,
    MAX(CASE WHEN isPlain = 1 AND (plainBefore IS NULL OR calledNs > plainBefore) THEN pos END)
      OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS witness
  FROM (
    SELECT part, pos, kind, isPlain, calledNs, knownNs,
      MAX(CASE WHEN isPlain = 1 THEN calledNs END) OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS plainBefore,
      MAX(calledNs) OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS calledBefore,
      MAX(askedNs) OVER (PARTITION BY part ORDER BY pos, kind ${BEFORE}) AS absentNs,
      MIN(answeredNs) OVER (PARTITION BY part ORDER BY pos, kind ${AFTER}) AS presentNs
    FROM (
      SELECT part, pos, 1 AS kind, isPlain, calledNs, knownNs, ${NONE} AS askedNs, ${NONE} AS answeredNs
      FROM (${placesOf()}) AS places
      UNION ALL
      SELECT part, pos, 2, -1, calledNs, ${NONE}, ${NONE}, ${NONE} FROM loose
      UNION ALL
      SELECT part, pos, 0, -1, ${NONE}, ${NONE}, askedNs, answeredNs FROM ends
    ) AS lines
  ) AS swept
) AS witnessed
WHERE isPlain = 0 OR (isPlain = 1 AND (
  knownNs < calledBefore OR knownNs < absentNs OR presentNs < calledBefore OR presentNs < calledNs))`,
};

/** Plain offsets that are kept for what they say of other things than order. */
const marked: Step = {
  what: 'how far each reader came',
  name: 'marked',
  sql: `
SELECT part, pos FROM pinned
UNION
SELECT part, MAX(pos) AS pos FROM reads GROUP BY part, scan
UNION
SELECT part, MAX(pos) AS pos FROM writes WHERE pos IS NOT NULL GROUP BY part`,
};

/** When a worker may have begun a new session of its producer. */
const breaks: Step = {
  what: 'which producers began anew',
  name: 'breaks',
  sql: `
SELECT worker, completeNs AS atNs FROM writes
WHERE outcome NOT IN ('ok', 'sent') AND completeNs >= 0`,
};

/** By worker: the intervals of its sessions. */
const producerSessions: Step = {
  what: 'which sessions there were',
  name: 'producer_sessions',
  sql: `
SELECT worker, atNs AS fromNs, LEAD(atNs) OVER (PARTITION BY worker ORDER BY atNs) AS toNs
FROM (SELECT DISTINCT worker, atNs FROM breaks) AS moments`,
};

/** Records that stand behind one that their worker sent later, and the plain one that it sent last of those below. */
const producerOrder: Step = {
  what: 'whether producers’ records stand in their order',
  name: 'producer_order',
  sql: `
SELECT part, pos, witness FROM (
  SELECT part, pos, isPlain, calledNs, calledBefore,
    MAX(CASE WHEN isPlain = 1 AND (plainBefore IS NULL OR calledNs >= plainBefore) THEN pos END)
      OVER (PARTITION BY part, worker, sessionNs ORDER BY pos ${BEFORE}) AS witness
  FROM (
    SELECT part, pos, worker, sessionNs, isPlain, calledNs,
      MAX(calledNs) OVER (PARTITION BY part, worker, sessionNs ORDER BY pos ${BEFORE}) AS calledBefore,
      MAX(CASE WHEN isPlain = 1 THEN calledNs END)
        OVER (PARTITION BY part, worker, sessionNs ORDER BY pos ${BEFORE}) AS plainBefore
    FROM (
      SELECT l.part, l.pos, l.worker, l.calledNs, l.isPlain, COALESCE(s.fromNs, -1) AS sessionNs
      FROM (
        SELECT w.part, w.pos, w.worker, w.invokeNs AS calledNs,
          CASE WHEN o.worker IS NULL AND (p.part IS NULL OR p.isPlain = 1) THEN 1 ELSE 0 END AS isPlain
        FROM writes w
        LEFT JOIN odd_values o ON w.worker = o.worker AND w.seq = o.seq
        LEFT JOIN odd_places p ON w.part = p.part AND w.pos = p.pos
        WHERE w.pos IS NOT NULL AND w.part NOT IN (SELECT part FROM whole)
        UNION ALL
        SELECT part, pos, worker, calledNs, 0 FROM loose
      ) AS l
      LEFT JOIN producer_sessions s ON l.worker = s.worker AND l.calledNs >= s.fromNs
        AND (s.toNs IS NULL OR l.calledNs < s.toNs)
    ) AS sent
  ) AS swept
) AS witnessed
WHERE isPlain = 0 OR calledNs < calledBefore`,
};

const plainPlaces: Step = {
  what: 'which offsets are plain',
  name: 'plain_places',
  sql: `SELECT part, pos, knownNs FROM (${placesOf()}) AS places WHERE isPlain = 1`,
};

/** Plain offsets in a row, and of all plain ones from there on the one that was known first. */
const islands: Step = {
  what: 'which offsets are empty',
  name: 'islands',
  sql: `
SELECT i.part, i.fromPos, i.toPos, s.witness
FROM (
  SELECT part, MIN(pos) AS fromPos, MAX(pos) + 1 AS toPos FROM (
    SELECT part, pos, pos - ROW_NUMBER() OVER (PARTITION BY part ORDER BY pos) AS island FROM plain_places
  ) AS numbered
  GROUP BY part, island
) AS i
JOIN (
  SELECT part, pos,
    MIN(CASE WHEN knownAfter IS NULL OR knownNs < knownAfter THEN pos END)
      OVER (PARTITION BY part ORDER BY pos ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS witness
  FROM (
    SELECT part, pos, knownNs, MIN(knownNs) OVER (PARTITION BY part ORDER BY pos ${AFTER}) AS knownAfter
    FROM plain_places
  ) AS known
) AS s ON i.part = s.part AND i.fromPos = s.pos`,
};

/** All offsets whose values are kept. */
const keptPlaces = (more: readonly string[]): Step => ({
  what: 'which offsets matter',
  name: 'kept_places',
  sql: [
    '\nSELECT part, pos FROM odd_places',
    'SELECT part, witness AS pos FROM odd_places WHERE witness IS NOT NULL',
    'SELECT part, pos FROM marked',
    ...more,
  ].join('\nUNION\n'),
});

/** All values whose rows are kept: the odd ones, those of the offsets above, and one that was sent during a fault. */
const keptValues = ({ faultUnitNs, lastingFaultNs }: Asked, name: string): Step => ({
  what: 'which values matter',
  name,
  sql: `
SELECT worker, seq FROM odd_values
UNION
SELECT w.worker, w.seq FROM writes w JOIN kept_places k ON w.part = k.part AND w.pos = k.pos
UNION
SELECT r.worker, r.seq FROM reads r JOIN kept_places k ON r.part = k.part AND r.pos = k.pos WHERE ${IS_VALUE}
UNION
SELECT worker, seq FROM writes WHERE part IN (SELECT part FROM whole)
UNION
SELECT r.worker, r.seq FROM reads r WHERE r.part IN (SELECT part FROM whole) AND ${IS_VALUE}
UNION
SELECT worker, seq FROM writes WHERE rowNumber IN (
  SELECT MIN(w.rowNumber) FROM writes w
  JOIN fault_stretches f ON w.invokeNs - w.invokeNs % ${faultUnitNs} = f.stretchNs
    AND w.invokeNs >= f.fromNs AND w.invokeNs <= f.toNs)
UNION
SELECT worker, seq FROM writes WHERE rowNumber IN (
  SELECT MIN(rowNumber) FROM writes WHERE invokeNs >= ${lastingFaultNs ?? FOREVER})`,
});

/** Of each term of a leader: the plain offset that is the highest of those that it acknowledged in it. */
const survivors = ({ maySendAgain }: Asked): Step => ({
  what: 'what outlived what was lost',
  name: 'survivors',
  sql: `
SELECT w.part, w.broker, t.fromNs, MAX(w.pos) AS pos
FROM writes w
JOIN terms t ON w.part = t.part AND w.completeNs >= t.fromNs AND w.completeNs < t.toNs
LEFT JOIN first_values v ON w.worker = v.worker AND w.seq = v.seq
WHERE v.worker IS NULL AND w.pos IS NOT NULL${maySendAgain ? ' AND w.attempts <= 1' : ''}
GROUP BY w.part, w.broker, t.fromNs`,
});

const withSurvivors: Step = {
  what: 'which values matter',
  name: 'kept_values',
  sql: `
SELECT worker, seq FROM first_values
UNION
SELECT w.worker, w.seq FROM writes w JOIN survivors s ON w.part = s.part AND w.pos = s.pos`,
};

/** The rows that are kept. Names as the loader knows them. */
export const KEPT_WRITES = `
SELECT w.part, w.pos, w.worker, w.seq, w.intendedNs, w.invokeNs, w.completeNs, w.outcome, w.error, w.attempts, w.broker,
  w.rowNumber
FROM writes w JOIN kept_values v ON w.worker = v.worker AND w.seq = v.seq`;

export const KEPT_READS = `
SELECT r.part, r.pos, r.scan, r.worker, r.seq, r.readNs, r.integrity, r.rowNumber
FROM reads r JOIN kept_values v ON r.worker = v.worker AND r.seq = v.seq
WHERE r.integrity = 'valid'
UNION ALL
SELECT part, pos, scan, worker, seq, readNs, integrity, rowNumber
FROM reads
WHERE integrity <> 'valid' OR worker IS NULL OR seq IS NULL`;

export const ISLANDS = 'SELECT part, fromPos, toPos FROM islands';

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

/** The same query over other values. */
export function overValues(query: string, table: string): string {
  return query.replaceAll('kept_values', table);
}
