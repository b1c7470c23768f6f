import test from 'ava';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { settingsOf } from '../../src/world/kafka.ts';

const misfits = (input: object) => misfitsOf(scenarioSchema.parse(input));

test('a compacted topic is cleaned soon, any other one never', (t) => {
  const contract = { minInsyncReplicas: 2, uncleanLeaderElection: false };
  t.like(settingsOf({ ...contract, compact: true }), { 'cleanup.policy': 'compact', 'segment.ms': '1000' });
  t.false('cleanup.policy' in settingsOf(contract));
});

test('what would make a record vanish that nobody lost is refused before the run', (t) => {
  const topic = { compact: true };
  t.deepEqual(misfits({ topic }), []);
  t.deepEqual(misfits({ topic, producer: { idempotence: true } }), []);
  t.regex(misfits({ topic, producer: { retries: 3 } })[0]!, /^topic\.compact: .*retries must be 0, /);
  t.regex(misfits({ topic, dense: true })[0]!, /^topic\.compact: .*"dense" must be false$/);
  t.deepEqual(misfits({ producer: { retries: 3 }, dense: true }), [], 'of another topic it is not');
});
