import { type Asked, FOREVER, IS_VALUE, type Step } from './step.ts';

/** Plain offsets that are kept for what they say of other things than order. */
export const marked: Step = {
  what: 'how far each reader came',
  name: 'marked',
  sql: `
SELECT part, pos FROM pinned
UNION
SELECT part, MAX(highest) AS pos FROM read_blocks GROUP BY part, scan
UNION
SELECT part, MAX(highest) AS pos FROM write_blocks GROUP BY part`,
};

/** All offsets whose values are kept. */
export const keptPlaces = (more: readonly string[]): Step => ({
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
export const keptValues = ({ faultUnitNs, lastingFaultNs }: Asked, name: string): Step => ({
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
export const survivors = ({ maySendAgain }: Asked): Step => ({
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

export const withSurvivors: Step = {
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

/** The same query over other values. */
export function overValues(query: string, table: string): string {
  return query.replaceAll('kept_values', table);
}
