import test from 'ava';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';

test('a reader that skips is found by a second one, and what is lost stays what it is', async (t) => {
  let skipped = 0;
  let lost = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const candidate = { ...drawScenario(seed), seed };
    const { counts } = (await tryOut({ ...candidate, bug: null }, 'kept')).result;
    const skipping = (await tryOut({ ...candidate, bug: 'reader-skips' }, 'kept')).result;
    t.is(skipping.counts.lost, counts.lost, `seed ${seed}`);
    t.is(counts.skipped, 0);
    t.true(
      skipping.findings.every(({ kind, blame }) => kind !== 'skipped' || blame === 'client'),
      `seed ${seed}`,
    );
    skipped += skipping.counts.skipped;
    lost += counts.lost;
  }
  t.true(skipped > 30 && lost > 0, `${skipped} skipped, ${lost} lost`);
});

test('the partitions of which everything was returned are not read a second time', async (t) => {
  let again = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const { run, result } = await tryOut({ ...drawScenario(seed), seed, bug: null }, 'kept');
    const confirmed = new Set(
      run.events.flatMap((event) => (event.type === 'scan' && event.scan === 1 ? [event.partition] : [])),
    );
    const lossy = new Set(
      result.findings.flatMap(({ kind, partition }) => (kind.startsWith('lost') ? [partition] : [])),
    );
    t.deepEqual(confirmed, lossy, `seed ${seed}`);
    again += confirmed.size;
  }
  t.true(again > 0);
});
