import { BEFORE, type Step } from './step.ts';

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

export const producerSteps: readonly Step[] = [breaks, producerSessions, producerOrder];
