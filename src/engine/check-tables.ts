import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../checker/check.ts';
import { SLACK_NS } from '../checker/facts/clock.ts';
import type { Claim, Result } from '../checker/result.ts';
import { atPath } from '../core/paths.ts';
import type { Run } from '../history/run.ts';
import type { Tables } from '../history/tables/open-tables.ts';
import type { Engine } from './engine.ts';
import { assertWithinEngines } from './limits.ts';
import { type OnStep, Reduction } from './reduce.ts';

/** What an engine made of a history, and what the checker said of it. */
export interface Judged {
  result: Result;
  /** The history with the rows that matter. */
  run: Run;
  engine: string;
}

/**
 * Has an engine sort out which rows matter, and the checker judge those: the result is the one that the whole history has.
 * @param options.onPlace is told of a directory that is removed in the end, for those who end this earlier.
 * @param options.block how many offsets are taken together, and `rowsMax` how many rows this process can judge; tests
 *   take fewer.
 * @param options.open opens the engine, with a directory of its own for what it puts down.
 */
export async function checkTablesWith(
  tables: Tables,
  options: {
    claim: Claim;
    open: (directory: string) => Promise<Engine>;
    onStep?: OnStep;
    onPlace?: (directory: string) => void;
    place?: string;
    block?: number;
    rowsMax?: number;
  },
): Promise<Judged> {
  const { claim, open, onStep = () => {}, onPlace = () => {}, place = tmpdir(), block, rowsMax } = options;
  assertWithinEngines(tables.info);
  const directory = atPath(place, 'written', () => mkdtempSync(join(place, 'kept-engine-')));
  onPlace(directory);
  try {
    const engine = await open(directory);
    try {
      const reduction = new Reduction(tables, engine, { directory, onStep, block, rowsMax });
      let run = await reduction.reduce();
      let judged = judge(run, claim);
      if (judged.asksForTime) {
        run = await reduction.withClock(SLACK_NS);
        judged = judge(run, claim);
      }
      return { result: judged.result, run, engine: engine.name };
    } finally {
      await engine.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether something was found that only times tell. Then it matters whether the clock of all rows ran forwards. */
function judge(run: Run, claim: Claim): { result: Result; asksForTime: boolean } {
  let asksForTime = false;
  const result = check(run, {
    claim,
    onAnomaly: ({ kind }) => {
      asksForTime ||= kind === 'reordered' || kind === 'producer-order';
    },
  });
  return { result, asksForTime };
}
