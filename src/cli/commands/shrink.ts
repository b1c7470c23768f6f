import type { Command } from 'commander';
import { claimOption } from './check.ts';
import { parseCount } from '../options/parse.ts';
import type { ShrinkOptions } from '../shrinking.ts';

export function addShrinkCommand(program: Command): void {
  program
    .command('shrink')
    .argument('<run>', 'the directory of a run that is invalid, such as store/run-42')
    .description('find the smallest run that fails in the same way, and tell its story')
    .addOption(claimOption().default(undefined, 'the one that the run was judged by'))
    .option(
      '--tries <n>',
      'of a real run: how often a smaller one may pass before it counts as passing',
      parseCount,
      3,
    )
    .option('--kafka <version|dir|tgz>', 'of a real run: another Kafka than the recorded one')
    .option('--store <dir>', 'where the smallest run goes', 'store')
    .option('--json', 'print the result of the smallest run as JSON')
    .addHelpText(
      'after',
      `
Leaves out faults, nodes, workers and writes, and shortens what is left, as long as the verdict stays invalid with a
finding of the same kind. In the simulated world the seed stays fixed and a run takes a fraction of a second. On real
Kafka each smaller run is tried up to --tries times and takes its time; Ctrl-C ends with the smallest found so far.

Exit status: 1 when a smallest run was found (it is invalid), 64 when the run is not invalid in the first place.

Example:
  kept sim --seed 42 --bug truncate-to-high-watermark; kept shrink store/run-1`,
    )
    .action(async (directory: string, options: ShrinkOptions) => {
      const { shrinkRun } = await import('../shrinking.ts');
      process.exitCode = await shrinkRun(directory, options);
    });
}
