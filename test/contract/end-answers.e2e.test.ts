import { resolve } from 'node:path';
import test from 'ava';
import { kept } from '../given/run-kept.ts';
import { END_CASES, keyOf, modelAnswer } from './end-cases.ts';

/** What coordinators answer to EndTxn, by state, version and epoch: Kafka and the model. */
for (const [kafka, versions] of [
  ['3.9.1', [1]],
  ['4.4.0', [1, 2]],
] as const) {
  test.serial(`Kafka ${kafka} answers requests to end transactions as the model does`, async (t) => {
    t.timeout(300_000);
    const script = resolve('test/contract/end-answers.ts');
    const words = [
      'lab',
      '--kafka',
      kafka,
      '--',
      process.execPath,
      '--import=tsx',
      script,
      ...versions.map(String),
    ];
    const { status, output } = await kept(words);
    t.is(status, 0, output);
    const told = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '{}') as Record<string, string>;
    const asked = END_CASES.filter(({ version, by }) =>
      [version, by].every((each) => (versions as readonly number[]).includes(each)),
    );
    t.deepEqual(told, Object.fromEntries(asked.map((each) => [keyOf(each), modelAnswer(each)])));
  });
}
