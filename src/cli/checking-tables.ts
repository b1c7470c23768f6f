import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../checker/check.ts';
import type { Claim, Result } from '../checker/result.ts';
import { realClock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { atPath } from '../core/paths.ts';
import { grouped } from '../core/words.ts';
import { checkTablesWith } from '../engine/check-tables.ts';
import { chooseEngine, type EngineName } from '../engine/choose.ts';
import { hasDuckDb, openDuckDb } from '../engine/duckdb.ts';
import { assertWithinEngines } from '../engine/limits.ts';
import { Spark } from '../engine/spark.ts';
import { exportParquet } from '../history/interchange/parquet.ts';
import type { Run } from '../history/run.ts';
import { loadTables } from '../history/tables/load-tables.ts';
import { isParquet } from '../history/tables/is-parquet.ts';
import { openTables, type Tables } from '../history/tables/open-tables.ts';
import { availabilityOf } from '../report/figures/availability.ts';
import { renderText } from '../report/text/text.ts';
import { exitStatusOf } from '../run/decide.ts';
import { openHistory } from '../run/history-path.ts';
import { PassingPlaces } from './passing-places.ts';
import { printJson, printStyled, say } from './terminal/print.ts';
import { safeLine, safeStrings } from './terminal/safe-text.ts';
import { statusLine } from './terminal/status-line.ts';
import { wantsColour } from './terminal/colour.ts';
import { safeRun } from './verdict.ts';

export interface HowToCheck {
  claim: Claim;
  json: boolean;
  fullLists: boolean;
  /** Null: the one that the size of the tables asks for. */
  engine: EngineName | null;
  master: string | null;
}

/**
 * Judges the tables that an export wrote, or a run by way of tables, with an engine. The result is only said.
 * @returns the exit status.
 */
export async function checkByTables(path: string, how: HowToCheck): Promise<number> {
  assertMakesSense(how);
  const places = new PassingPlaces();
  try {
    if (isParquet(path)) return await checkTables(path, await openTables(path), how, places);
    const tables = await passingTables(await openHistory(path), how, places);
    return await checkTables(path, tables, how, places);
  } finally {
    places.clear();
  }
}

/**
 * Tables of a history for as long as the check takes.
 * @throws Failure (usage), before anything is written, where no engine can judge it.
 */
export async function passingTables(
  run: Run,
  { master }: HowToCheck,
  places: PassingPlaces,
): Promise<Tables> {
  assertWithinEngines(run.info);
  // The workers of a cluster see what this machine's temporary directory holds only if they are on this machine.
  const place = master === null || master.startsWith('local') ? tmpdir() : '.';
  const directory = places.add(atPath(place, 'written', () => mkdtempSync(join(place, 'kept-tables-'))));
  say(`Writing the history as tables for the engine into ${directory}, for as long as this takes.\n`);
  return openTables(await exportParquet(run, directory));
}

export function assertMakesSense({ fullLists, engine, master }: HowToCheck): void {
  const wrong = fullLists
    ? [
        'full lists are written into a run directory by the check in this process',
        'leave --engine or --full-lists out',
      ]
    : master !== null && engine !== 'spark'
      ? ['a master is Spark’s, and Spark was not asked for', 'add --engine spark']
      : engine === 'spark' && master === null
        ? ['Spark needs to be told its master', 'add --master URL, such as local[*] or spark://host:7077']
        : null;
  if (wrong !== null) throw new Failure(wrong[0]!, { hint: wrong[1]!, exitStatus: EXIT.usage });
}

/** It is started when it is asked for a first history. */
export function sparkFor({ master }: HowToCheck): Spark {
  return new Spark({ master: master ?? '', environment: process.env });
}

async function checkTables(
  path: string,
  tables: Tables,
  how: HowToCheck,
  places: PassingPlaces,
): Promise<number> {
  const spark = sparkFor(how);
  try {
    const { run, result, engine } = await judgeTables(tables, how, places, spark);
    if (engine !== null)
      say(
        `kept: ${engine} sorted out which rows matter: ${grouped(run.leftOut?.writes ?? 0)} of ${grouped(result.counts.attempted)} writes are in order, and the others were judged one by one.\n`,
      );
    return tell(path, run, result, how);
  } finally {
    await spark.close();
  }
}

/**
 * @param spark judges other histories, too, and is closed by the one who has it.
 * @returns `engine`: its name for people; null where this process judged all rows.
 */
export async function judgeTables(
  tables: Tables,
  how: HowToCheck,
  places: PassingPlaces,
  spark: Spark,
): Promise<{ run: Run; result: Result; engine: string | null }> {
  const { engine, why } =
    how.engine === null
      ? chooseEngine(tables, { hasDuckDb: await hasDuckDb() })
      : { engine: how.engine, why: null };
  if (why !== null) say(`kept: ${why}\n`);
  if (engine === 'native') {
    const run = await loadTables(tables);
    places.stopListening();
    return { run, result: check(run, { claim: how.claim }), engine: null };
  }
  const status = statusLine(process.stderr, 0);
  const clock = realClock();
  return checkTablesWith(tables, {
    claim: how.claim,
    open: (directory) => (engine === 'duckdb' ? openDuckDb(directory) : spark.open(directory)),
    // What Spark's workers write must be seen here, and so it lies beside the tables, which they see.
    place: engine === 'duckdb' ? tmpdir() : tables.directory,
    onPlace: (directory) => places.add(directory),
    onStep(what, step, steps) {
      if (status.isDue(clock.nowNs())) status.draw(`${engine}: ${what} (${step} of ${steps})`);
    },
  }).finally(() => status.end());
}

function tell(path: string, run: Run, result: Result, { json }: HowToCheck): number {
  if (json) printJson(`${JSON.stringify(result, null, 2)}\n`);
  else {
    const text = renderText(safeStrings(result), safeRun(run), {
      color: wantsColour(process.stdout),
      // It is counted over all writes, and an engine leaves most of them where they are.
      availability: run.leftOut === undefined ? safeStrings(availabilityOf(run)) : 'left out',
      directory: safeLine(path),
    });
    printStyled(`${text.trimEnd()}\n`);
  }
  return exitStatusOf(result);
}
