import { resolve } from 'node:path';
import test from 'ava';
import { kept } from '../../given/run-kept.ts';
import type { Told } from './against-cluster.ts';
import { JAVA_VERSION, javaClients, LIBRARIES, MISSING } from './libraries.ts';

/**
 * @platformatic/kafka 1.35.0 numbers a batch when it is handed over, and counts on when one is answered: batches that are under
 * way at once have one number, the broker takes all but the first for repetitions, and the library hands each on as stored.
 */
const REUSES_SEQUENCES = '@platformatic/kafka';

/** Where a member of a group begins, and the next one, and what became of the commits in between. */
const IN_GROUP = '0 of [0] ok 3 of [0] sent committed left 4 of [0]';
const GROUPS: Record<string, Told['groups']> = {
  java: { classic: IN_GROUP, consumer: IN_GROUP },
  librdkafka: { classic: IN_GROUP },
  'kafkajs-program': { classic: 'CLIENT_HAS_NO_GROUPS' },
};

/** What every client library must keep to, asked of each against one real cluster. */
test('real Kafka has what each library acknowledged, where it said, and once', async (t) => {
  t.timeout(180_000);
  // Inside the lab there is no network to fetch it.
  const libraries = [...LIBRARIES, ...(await javaClients([JAVA_VERSION]))];
  const script = resolve('test/client/contract/against-cluster.ts');
  const words = ['lab', '--kafka', '4.4.0', '--', process.execPath, '--import=tsx', script];
  const { status, output } = await kept(words);
  t.is(status, 0, output);
  const told = JSON.parse(/^\[.*\]$/m.exec(output)?.[0] ?? '[]') as Told[];
  t.deepEqual(
    told.map(({ library }) => library),
    libraries.map(({ library }) => library),
  );
  for (const { library, inPlace, batch, tooLarge, inTurn, atOnce, groups, ...inTransactions } of told) {
    t.deepEqual(inPlace, [true, true, true, true, true], library);
    t.deepEqual(batch, ['ok', 'ok', 'ok', 'ok', 'ok'], library);
    t.false(tooLarge.isThere, library);
    t.not(tooLarge.outcome, 'ok', library);
    t.deepEqual(
      inTransactions,
      {
        ends: ['begun ok ok committed', 'begun ok aborted', 'begun ok committed'],
        transactions: ['3:0', '3:1', 'commit', '3:2', 'abort', '3:3', 'commit'],
      },
      library,
    );
    t.deepEqual(groups, GROUPS[library] ?? {}, library);
    t.deepEqual(inTurn, { acknowledged: 5, values: 5, records: 5 }, library);
    if (library !== REUSES_SEQUENCES)
      t.deepEqual(atOnce, { acknowledged: 20, values: 20, records: 20 }, library);
    else t.deepEqual(atOnce, { acknowledged: 20, values: 2, records: 2 }, 'is the defect mended? say so');
  }
});

for (const reason of MISSING) test.skip(reason, () => undefined);
