import { FROM_HERE, SO_FAR, type Step } from './step.ts';

/** Where offsets must not be empty without a reason: the stretches that are not. Calm blocks have no empty offset. */
const plainStretches: Step = {
  what: 'which offsets are plain',
  name: 'plain_stretches',
  sql: `
SELECT part, pos AS fromPos, pos + 1 AS toPos, knownNs FROM places WHERE isPlain = 1
UNION ALL
SELECT part, lowest, highest + 1, knownNs FROM calm`,
};

/** Plain offsets in a row, and when the first of all plain ones from there on was known. */
const stretches: Step = {
  what: 'which offsets are empty',
  name: 'stretches',
  sql: `
SELECT part, MIN(fromPos) AS fromPos, MAX(toPos) AS toPos, MIN(knownFromHere) AS knownNs FROM (
  SELECT part, fromPos, toPos, knownFromHere,
    SUM(CASE WHEN fromPos = endBefore THEN 0 ELSE 1 END) OVER (PARTITION BY part ORDER BY fromPos ${SO_FAR}) AS island
  FROM (
    SELECT part, fromPos, toPos, LAG(toPos) OVER (PARTITION BY part ORDER BY fromPos) AS endBefore,
      MIN(knownNs) OVER (PARTITION BY part ORDER BY fromPos ${FROM_HERE}) AS knownFromHere
    FROM plain_stretches
  ) AS beside
) AS numbered
GROUP BY part, island`,
};

/** The last plain offset that was known then: it is above where the stretch begins. */
const islands: Step = {
  what: 'what was known first above them',
  name: 'islands',
  sql: `
SELECT s.part, s.fromPos, s.toPos, k.witness
FROM stretches s
LEFT JOIN (
  SELECT f.part, f.atNs, MAX(f.pos) AS witness
  FROM (
    SELECT w.part, w.pos, w.completeNs AS atNs
    FROM writes w JOIN (SELECT DISTINCT part, knownNs FROM stretches) AS a ON w.part = a.part AND w.completeNs = a.knownNs
    UNION
    SELECT r.part, r.pos, r.readNs
    FROM reads r JOIN (SELECT DISTINCT part, knownNs FROM stretches) AS a ON r.part = a.part AND r.readNs = a.knownNs
  ) AS f
  LEFT JOIN odd_places x ON f.part = x.part AND f.pos = x.pos AND x.isPlain = 0
  WHERE f.pos IS NOT NULL AND x.part IS NULL
  GROUP BY f.part, f.atNs
) AS k ON s.part = k.part AND s.knownNs = k.atNs`,
};

export const emptySteps: readonly Step[] = [plainStretches, stretches, islands];

export const ISLANDS = 'SELECT part, fromPos, toPos FROM islands';
