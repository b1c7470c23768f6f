import { resolve } from 'node:path';
import test from 'ava';
import { kept } from '../../given/run-kept.ts';
import type { Told } from './against-cluster.ts';
import { LIBRARIES } from './libraries.ts';

/** What every client library must keep to, asked of each against one real cluster. */
test('real Kafka has what each library acknowledged, where it said, and once', async (t) => {
  t.timeout(180_000);
  const script = resolve('test/client/contract/against-cluster.ts');
  const words = ['lab', '--kafka', '4.4.0', '--', process.execPath, '--import=tsx', script];
  const { status, output } = await kept(words);
  t.is(status, 0, output);
  const told = JSON.parse(/^\[.*\]$/m.exec(output)?.[0] ?? '[]') as Told[];
  t.deepEqual(
    told.map(({ library }) => library),
    LIBRARIES.map(({ library }) => library),
  );
  for (const { library, inPlace, batch, tooLarge, idempotent } of told) {
    t.deepEqual(inPlace, [true, true, true, true, true], library);
    t.deepEqual(batch, ['ok', 'ok', 'ok', 'ok', 'ok'], library);
    t.false(tooLarge.isThere, library);
    t.not(tooLarge.outcome, 'ok', library);
    t.deepEqual(idempotent, { acknowledged: 20, values: 20, records: 20 }, library);
  }
});
