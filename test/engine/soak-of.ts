import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../src/checker/check.ts';
import type { Claim, Result } from '../../src/checker/result.ts';
import { makeDirectory } from '../../src/core/paths.ts';
import { exportParquet } from '../../src/history/interchange/parquet.ts';
import { SEGMENTS_FILE, segmentDirectory } from '../../src/history/layout.ts';
import type { Run } from '../../src/history/run.ts';
import type { PeriodLine } from '../../src/report/soak/period-line.ts';
import { judgedOf, measure } from '../../src/run/soak/judge-period.ts';
import type { SoakTables } from '../../src/run/soak/soak-tables.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';

/**
 * The tables of a soak whose periods had these histories, one segment each, as an export writes them. Its ledger says what the
 * checker found in each of them in one piece.
 * @returns what that was.
 */
export async function soakOf(directory: string, runs: readonly Run[], claim: Claim): Promise<Result[]> {
  makeDirectory(directory);
  const results: Result[] = [];
  const lines: PeriodLine[] = [];
  const segments: SoakTables['segments'] = [];
  for (const [at, run] of runs.entries()) {
    await exportParquet(run, join(directory, segmentDirectory(at + 1)));
    const result = check(run, { claim });
    const measured = measure(run);
    results.push(result);
    segments.push(measured);
    lines.push(lineOf(at + 1, judgedOf(run, result, measured)));
  }
  const tables: SoakTables = { keptSegments: 1, soak: soakInfo(claim), lines, segments };
  writeFileSync(join(directory, SEGMENTS_FILE), JSON.stringify(tables));
  return results;
}

const MOMENT = '2026-11-29T00:00:00.000Z';

function lineOf(period: number, judged: PeriodLine['judged']): PeriodLine {
  return {
    period,
    seed: period,
    ended: 'complete',
    failure: null,
    kinds: [],
    load: 'steady',
    startedAt: MOMENT,
    endedAt: MOMENT,
    judged,
    stuck: null,
    directory: `period-${period}`,
    historyBytes: 0,
    memoryBytes: null,
    asleepMs: 0,
  };
}

function soakInfo(claim: Claim): SoakTables['soak'] {
  return {
    version: 1,
    scenario: drawScenario(1).scenario,
    seed: 1,
    claim,
    keep: 'all',
    storeMaxBytes: null,
    stopOn: null,
    onFinding: null,
    leftOut: [],
    wishes: {},
    given: false,
    system: { world: 'simulated', kafka: null, jars: {}, mode: 'kraft-combined', image: null, brokers: null },
    kept: 'test',
    startedAt: MOMENT,
    command: [],
  };
}
