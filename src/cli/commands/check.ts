import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { readRegular } from '../../core/regular-file.ts';
import { RUN_FILE, SOAK_FILE } from '../../history/layout.ts';
import type { Claim } from '../../checker/result.ts';

export const claimOption = () =>
  new Option(
    '--claim <claim>',
    'kept: everything acknowledged is there; contract: only what Kafka promises counts',
  )
    .choices(['kept', 'contract'])
    .default('kept');

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
    .addHelpText(
      'after',
      `
Reads the history of a run, whether it ended well or was killed half-way, judges every write and every record that
was read back, and writes results.json and timeline.svg anew. Needs no cluster, no Java and no network.
Findings are groups of neighbours with their first examples; with --full-lists each record stands in findings.ndjson
in the run directory, as it is found: kind, loss, partition, value, offset, timeNs and judgement.
Of an NDJSON file, as other tools can write it ("kept import --help"), the result is only printed.

Of a run that still goes on it says what is proven so far (exit status 1 if that is a violation, else 2), and writes
nothing into it. Of a soak it judges every history again that is there; of the others their lines stand.

Examples:
  kept check store/example
  kept check store/run-42 --claim contract --json
  kept check store/run-42 --full-lists
  kept check history.ndjson
  zcat history.ndjson.gz | kept check -
  kept check history.edn`,
    )
    .action(async (path: string, options: { claim: Claim; json?: true; fullLists?: true }) => {
      const { isParquet } = await import('../../history/tables/open-tables.ts');
      if (isParquet(path)) {
        const { checkTables } = await import('../checking-tables.ts');
        const { claim, json, fullLists } = options;
        const how = { claim, json: json === true, fullLists: fullLists === true };
        process.exitCode = await checkTables(path, how);
        return;
      }
      if (existsSync(join(path, SOAK_FILE))) {
        const { checkSoak } = await import('../soaking.ts');
        process.exitCode = await checkSoak(path, { claim: options.claim, json: options.json === true });
        return;
      }
      if (saysRunning(path)) {
        const [{ checkRunning }, { isRunning }] = await Promise.all([
          import('../running.ts'),
          import('../../run/is-running.ts'),
        ]);
        if (isRunning(path)) {
          const { claim, json, fullLists } = options;
          const how = { claim, json: json === true, fullLists: fullLists === true };
          process.exitCode = await checkRunning(path, how);
          return;
        }
      }
      const { startThreads } = await import('../../run/start-threads.ts');
      const ahead = startThreads(path);
      const [{ decide, exitStatusOf }, { terminalReporter }] = await Promise.all([
        import('../../run/decide.ts'),
        import('../terminal-reporter.ts'),
      ]);
      const decided = await decide(path, options.claim, terminalReporter, {
        fullLists: options.fullLists === true,
        ahead,
      });
      // First of all: it stands even if nothing can be said.
      process.exitCode = exitStatusOf(decided.result);
      terminalReporter.show(decided, { json: options.json === true, directory: path });
    });
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
