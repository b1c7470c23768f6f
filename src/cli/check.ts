import { Option, type Command } from 'commander';
import type { Claim } from '../checker/result.ts';

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
    .argument('<run>', 'a run directory, such as store/run-42, or a history as NDJSON')
    .description('decide again, from what is on disk alone')
    .addOption(claimOption())
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Reads the history of a run, whether it ended well or was killed half-way, judges every write and every record that
was read back, and writes results.json and timeline.svg anew. Needs no cluster, no Java and no network.
Of an NDJSON file, as other tools can write it ("kept import --help"), the result is only printed.

Examples:
  kept check store/example
  kept check store/run-42 --claim contract --json
  kept check history.ndjson`,
    )
    .action(async (path: string, options: { claim: Claim; json?: true }) => {
      const { decide, exitStatusOf, show } = await import('./verdict.ts');
      const decided = await decide(path, options.claim);
      show(decided, { json: options.json === true, directory: path });
      process.exitCode = exitStatusOf(decided.result);
    });
}
