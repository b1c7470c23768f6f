import { Option, type Command } from 'commander';
import type { CompareOptions } from '../comparing.ts';
import { claimOption } from './check.ts';

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .argument('<directories...>', 'runs or repeats: store/run-42, store/repeat-1')
    .description('hold runs or repeats side by side, and say whether they differ by more than chance')
    .addOption(claimOption().default(undefined, 'the one that the first repeat was judged by; of runs: kept'))
    .addOption(new Option('--json', 'print everything as JSON').conflicts(['csv', 'markdown']))
    .addOption(new Option('--csv', 'print a row for each run').conflicts(['json', 'markdown']))
    .addOption(new Option('--markdown', 'print tables in Markdown').conflicts(['json', 'csv']))
    .addHelpText(
      'after',
      `
Decides every run again from its history alone, and tells which settings differ, what each side lost (median, range,
and the bootstrap interval that holds the median with a probability of 95 %), what was found how often, and how
available the cluster was. The first side, A, is what the others are held against. One repeat alone is only described.

"More than chance" is a permutation test, two-sided, on the ranks of the runs: if the side made no difference, would a
difference like this be seen in fewer than 5 % of the ways to deal the runs out? Whether one side loses more records is
the question that is always asked; the p of all others are adjusted to their number (Holm). Three runs of each side
can never show a difference, four can. The same runs always give the same figures. See docs/repeat-and-compare.md.

Inconclusive runs are counted apart, and so are those that did not come to their end: they are neither losses nor
successes. Repeats of suites are held against each other scenario by scenario.

Exit status: 0 when the sides were compared, whatever came out; 2 when a side has no run with a verdict; 64 when
they cannot be compared.

Examples:
  kept compare store/repeat-1 store/repeat-2
  kept compare store/run-41 store/run-42 --claim contract
  kept compare store/repeat-1 store/repeat-2 store/repeat-3 --markdown > differences.md`,
    )
    .action(async (paths: string[], options: CompareOptions) => {
      const { compareSides } = await import('../comparing.ts');
      process.exitCode = await compareSides(paths, options);
    });
}
