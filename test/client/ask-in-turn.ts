/**
 * Starts one program after the other, each with words of its own, and prints by its path what the last line of its output
 * says: `ask-in-turn.ts JSON`, a list of such lists. For inside `kept lab`, so that many questions share one cluster.
 */
import { execa } from 'execa';

const told: Record<string, unknown> = {};
for (const [program, ...words] of JSON.parse(process.argv[2]!) as [string, ...string[]][]) {
  const { stdout } = await execa(process.execPath, ['--import=tsx', program, ...words], {
    stderr: 'inherit',
  });
  told[program] = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}
process.stdout.write(`\n${JSON.stringify(told)}\n`);
