import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { drafts } from './drafts.ts';
import { hold } from './hold.ts';
import { SORTS } from './kinds.ts';
import { freshSeed } from '../../src/core/random.ts';
import { scriptOptions } from '../script-options.ts';

/**
 * Many random histories against brute force, of every sort for linearizability and then for the checks of a log:
 *   npm run test:nightly -- --histories 200000 [--seed N] [--sort register]
 * The sort `log` is all of the latter. Ends with status 1 at the first difference, with what repeats it.
 */
const CHECKER_TESTS = 'test/checker';
/** Every test of the checker that holds it against definitions that stand beside this file. */
const LOG_TESTS = readdirSync(CHECKER_TESTS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join(CHECKER_TESTS, file))
  .filter((file) => /oracle\/(?!effort)/.test(readFileSync(file, 'utf8')));

const { values } = scriptOptions({
  name: 'test:nightly',
  usage: `
Many random histories against brute force. Ends with 1 at the first difference, with what repeats it.

  --histories N  of each sort (default: 200000)
  --seed N       repeats all of it (default: a fresh one, which is printed)
  --sort NAME    only these: ${[...Object.keys(SORTS), 'log'].join(', ')}`,
  defaults: {
    histories: '200000',
    seed: undefined as string | undefined,
    sort: undefined as string | undefined,
  },
  wholeNumbers: ['histories', 'seed'],
});
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
process.stdout.write(`seed ${seed}, ${values.histories} histories of each sort\n`);

if (values.sort !== undefined && values.sort !== 'log' && !Object.hasOwn(SORTS, values.sort)) {
  process.stderr.write(`There is no sort "${values.sort}": ${[...Object.keys(SORTS), 'log'].join(', ')}.\n`);
  process.exit(64);
}

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
    process.stdout.write(
      `${String(outcome.errorInstance)}\nagain: --histories ${values.histories} --seed ${seed} --sort "${name}"\n`,
    );
    process.exit(1);
  }
}

if (values.sort === undefined || values.sort === 'log') {
  const { status } = spawnSync('npx', ['ava', '--timeout=6h', ...LOG_TESTS], {
    stdio: 'inherit',
    env: { ...process.env, KEPT_HISTORIES: values.histories, KEPT_SEED: String(seed) },
  });
  if (status !== 0) {
    process.stdout.write(`again: --histories ${values.histories} --seed ${seed} --sort log\n`);
    process.exit(1);
  }
}
