import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { readRegular } from '../../core/regular-file.ts';
import { RUN_FILE, SEGMENTS_FILE, SOAK_FILE } from '../../history/layout.ts';
import type { JepsenIsolation } from '../../history/interchange/jepsen-kafka.ts';
import type { Claim } from '../../checker/result.ts';
import { type EngineName, ENGINES } from '../../engine/choose.ts';

export const claimOption = () =>
  new Option(
    '--claim <claim>',
    'kept: everything acknowledged is there; contract: only what Kafka promises counts',
  )
    .choices(['kept', 'contract'])
    .default('kept');

export const isolationOption = () =>
  new Option(
    '--isolation <level>',
    'of a history of Jepsen’s Kafka workload with transactions: the isolation.level of its consumers, which it does not tell',
  ).choices(JEPSEN_ISOLATIONS);

/** As `history/interchange/jepsen-kafka.ts` has them, which is not loaded before it is needed. */
const JEPSEN_ISOLATIONS: readonly JepsenIsolation[] = ['read_committed', 'read_uncommitted'];

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .argument(
      '<run>',
      'a run directory, such as store/run-42, or a history in one file: NDJSON, or the EDN of Jepsen’s Kafka workload; also packed (.gz), or - for a pipe; or the tables of "kept export --to parquet"',
    )
    .description('decide again, from what is on disk alone')
    .addOption(claimOption())
    .option('--json', 'print the result as JSON')
    .option('--full-lists', 'also write every record with a finding into findings.ndjson, one a line')
    .addOption(
      new Option(
        '--engine <engine>',
        'who sorts out which rows matter (default: native, while the history fits into memory)',
      ).choices(ENGINES),
    )
    .addOption(isolationOption())
    .option('--state <file>', 'the history is the next segment of a log; what is known of those before it')
    .option('--master <url>', 'of Spark: local[*], spark://host:7077, yarn, k8s://…; with --engine spark')
    .addHelpText(
      'after',
      `
Reads the history of a run, whether it ended well or was killed half-way, judges every write and every record that
was read back, and writes results.json and timeline.svg anew. Needs no cluster, no Java and no network.
Findings are groups of neighbours with their first examples; with --full-lists each record stands in findings.ndjson
in the run directory, as it is found: kind, loss, partition, value, offset, timeNs and judgement.
Of an NDJSON file, as other tools can write it ("kept import --help"), the result is only printed; so it is of Jepsen's EDN. Where that
has transactions, whether a reader may be given one that was aborted depends on --isolation, which the history does not tell.

Tables of "kept export --to parquet" are judged where no run is. Where they do not fit into this machine's memory, DuckDB sorts
out which rows matter for the verdict, and kept judges those: the result is the same. --engine duckdb, spark or native
chooses. DuckDB comes with kept where its package is installed; Spark is yours: spark-submit of SPARK_HOME or of the PATH
starts it on the master that --master names, and the tables must lie where its workers see them. No engine judges transactions,
consumer groups and copies: a history with any is refused with --engine, and judged in memory without. See docs/engines.md.

A log that goes on for weeks can be judged in segments, in their order, each of which ends with a final scan of what was
appended since the one before: --state FILE holds what is known after each of them, and the verdict is about all of them
so far. Nothing but FILE is written. It grows with what was found and what is open, and not with the log.

Of a run that still goes on it says what is proven so far (exit status 1 if that is a violation, else 2), and writes
nothing into it. Of a soak, or its tables, it judges every history again that is there; of the others their lines stand.

Examples:
  kept check store/example
  kept check store/run-42 --claim contract --json
  kept check store/run-42 --full-lists
  kept check history.ndjson
  zcat history.ndjson.gz | kept check -
  kept check history.edn --isolation read_committed
  kept check monday.ndjson --state log.json && kept check tuesday.ndjson --state log.json
  kept check tables --engine duckdb
  kept check /shared/tables --engine spark --master spark://host:7077`,
    )
    .action(async (path: string, options: Options) => {
      const { claim, json, fullLists, engine, master, state, isolation } = options;
      const how = { claim, json: json === true, fullLists: fullLists === true };
      if (isolation !== undefined && (state !== undefined || engine !== undefined || master !== undefined)) {
        throw new Failure('a history whose isolation is given is judged at once, and by this process alone', {
          hint: `leave ${state === undefined ? '--engine and --master' : '--state'} out, or make a run of it first: kept import --isolation`,
          exitStatus: EXIT.usage,
        });
      }
      if (state !== undefined) {
        const { checkSegment } = await import('../checking-segments.ts');
        process.exitCode = await checkSegment(path, state, { ...how, engine: engine ?? null });
        return;
      }
      const { isParquet } = await import('../../history/tables/is-parquet.ts');
      const isOfTables = isParquet(path);
      const wantsEngine = (engine !== undefined && engine !== 'native') || master !== undefined;
      const byEngine = { ...how, engine: engine ?? null, master: master ?? null };
      const isSoak = existsSync(join(path, SOAK_FILE));
      if (existsSync(join(path, SEGMENTS_FILE)) || (isSoak && wantsEngine)) {
        const { checkSoakByTables } = await import('../checking-soak-tables.ts');
        process.exitCode = await checkSoakByTables(path, byEngine);
        return;
      }
      if (isSoak) {
        const { checkSoak } = await import('../soaking.ts');
        process.exitCode = await checkSoak(path, { claim, json: how.json });
        return;
      }
      if (!isOfTables && saysRunning(path)) {
        const [{ checkRunning }, { isRunning }] = await Promise.all([
          import('../running.ts'),
          import('../../run/is-running.ts'),
        ]);
        if (isRunning(path)) {
          process.exitCode = await checkRunning(path, how);
          return;
        }
      }
      if (isOfTables || wantsEngine) {
        const { checkByTables } = await import('../checking-tables.ts');
        process.exitCode = await checkByTables(path, byEngine);
        return;
      }
      const { startThreads } = await import('../../run/start-threads.ts');
      const ahead = startThreads(path);
      const [{ decide, exitStatusOf }, { terminalReporter }] = await Promise.all([
        import('../../run/decide.ts'),
        import('../terminal-reporter.ts'),
      ]);
      const decided = await decide(path, claim, terminalReporter, {
        fullLists: how.fullLists,
        ahead,
        isolation,
      });
      // First of all: it stands even if nothing can be said.
      process.exitCode = exitStatusOf(decided.result);
      terminalReporter.show(decided, { json: how.json, directory: path });
    });
}

interface Options {
  claim: Claim;
  json?: true;
  fullLists?: true;
  engine?: EngineName;
  master?: string;
  state?: string;
  isolation?: JepsenIsolation;
}

/** A glance at run.json, before anything large is loaded. A run that was killed says so as well. */
function saysRunning(path: string): boolean {
  try {
    return /"status": ?"running"/.test(readRegular(join(path, RUN_FILE)).toString());
  } catch {
    // It is no run directory, or a damaged one: the check says which.
    return false;
  }
}
