import test from 'ava';
import fc from 'fast-check';
import { drafts } from '../oracle/drafts.ts';
import { effort } from '../oracle/effort.ts';
import { hold } from '../oracle/hold.ts';
import { SORTS } from '../oracle/kinds.ts';
import { holds } from '../holds.ts';

/** Every algorithm against its brute-force twin; by night against many more histories: test/oracle/nightly.ts. */
const runs = effort(5_000);
const { numRuns } = runs;

for (const [name, sort] of Object.entries(SORTS)) {
  test.serial(
    `${name}: the verdict, the witness and the contradiction are those of brute force`,
    async (t) => {
      t.timeout(6 * 3_600_000);
      const tally = new Map<string, number>();
      await holds(
        t,
        fc.asyncProperty(
          drafts({ operationsMax: 7, values: 3, unknown: sort.unknown ?? 2 }),
          async (plan) => {
            const { verdict, method } = await hold(sort, plan);
            for (const label of [verdict, method]) tally.set(label, (tally.get(label) ?? 0) + 1);
          },
        ),
        runs,
      );
      // A test of checkers that only ever sees one verdict tests nothing; nor does one that never takes the path.
      t.true((tally.get('valid') ?? 0) > numRuns / 20, `valid: ${tally.get('valid')}`);
      if (sort.model !== 'mutex')
        t.true((tally.get('invalid') ?? 0) > numRuns / 20, `invalid: ${tally.get('invalid')}`);
      t.true((tally.get(sort.fast ?? 'jit') ?? 0) > numRuns / 20, JSON.stringify([...tally]));
    },
  );
}
