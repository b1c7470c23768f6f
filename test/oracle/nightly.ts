import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { drafts } from './drafts.ts';
import { hold } from './hold.ts';
import { SORTS } from './kinds.ts';
import { freshSeed } from '../../src/core/random.ts';

/**
 * Many random histories against brute force, of every sort for linearizability and then for the checks of a log:
 *   npx tsx test/oracle/nightly.ts --histories 200000 [--seed N] [--sort register]
 * Ends with status 1 at the first difference, with what repeats it.
 */
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '200000' },
    seed: { type: 'string' },
    sort: { type: 'string' },
  },
});
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
process.stdout.write(`seed ${seed}, ${values.histories} histories of each sort\n`);

for (const [name, sort] of Object.entries(SORTS)) {
  if (values.sort !== undefined && values.sort !== name) continue;
  const tally: Record<string, number> = {};
  const property = fc.asyncProperty(
    drafts({ operationsMax: 7, values: 3, unknown: sort.unknown ?? 2 }),
    async (plan) => {
      const { verdict, method } = await hold(sort, plan);
      for (const label of [verdict, method]) tally[label] = (tally[label] ?? 0) + 1;
    },
  );
  const outcome = await fc.check(property, { numRuns: Number(values.histories), seed });
  process.stdout.write(`${outcome.failed ? 'DIFFERS' : 'agrees'}  ${name}  ${JSON.stringify(tally)}\n`);
  if (outcome.failed) {
    process.stdout.write(`${String(outcome.errorInstance)}\nagain: --seed ${seed} --sort "${name}"\n`);
    process.exit(1);
  }
}

if (values.sort === undefined || values.sort === 'log') {
  const { status } = spawnSync('npx', ['ava', '--timeout=6h', 'test/checker/oracle.test.ts'], {
    stdio: 'inherit',
    env: { ...process.env, KEPT_HISTORIES: values.histories },
  });
  if (status !== 0) process.exit(1);
}
