import test, { type ExecutionContext } from 'ava';
import { END_CASES, keyOf, modelAnswer } from '../contract/end-cases.ts';
import { THROTTLED, type Struck } from '../control/proxy/struck-on-cluster.ts';
import { kept } from '../given/run-kept.ts';
import type { Told } from './contract/against-cluster.ts';
import { JAVA_VERSION, javaClients, LIBRARIES, MISSING } from './contract/libraries.ts';
import type { Refused, Told as ToldOfTransactions } from './transactions/against-cluster.ts';
import { assertKept } from './transactions/told.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/** What clients are told by real Kafka: a cluster of each version, which is asked everything, one program after the other. */
const ENDS = 'test/contract/end-answers.ts';
const TRANSACTIONS = 'test/client/transactions/against-cluster.ts';
const STRUCK = 'test/control/proxy/ask-struck.ts';
const LIBRARY_CONTRACT = 'test/client/contract/against-cluster.ts';
type Answers = Record<string, unknown>;

let of391: Answers = {};
let of440: Answers = {};

test.serial('a cluster of Kafka 3.9.1 answers', async (t) => {
  of391 = await ask(t, '3.9.1', [
    [ENDS, '1'],
    [TRANSACTIONS, '1', '2'],
  ]);
});

test.serial('a cluster of Kafka 4.4.0 answers', async (t) => {
  // Inside the lab there is no network to fetch them.
  await javaClients([JAVA_VERSION]);
  of440 = await ask(t, '4.4.0', [[ENDS, '1', '2'], [TRANSACTIONS, '1', '2'], [STRUCK], [LIBRARY_CONTRACT]]);
});

async function ask(
  t: ExecutionContext,
  kafka: string,
  programs: readonly (readonly string[])[],
): Promise<Answers> {
  t.timeout(400_000);
  const inTurn = [process.execPath, AS_COMPILED, 'test/in-turn.ts', JSON.stringify(programs)];
  const { status, output } = await kept(['lab', '--kafka', kafka, '--', ...inTurn]);
  t.is(status, 0, output);
  const told = [...output.matchAll(/^\{"last".*\}$/gm)].map(
    ([line]) => JSON.parse(line) as { last: string; stderr: string; exitCode: number },
  );
  t.is(told.length, programs.length, output);
  return Object.fromEntries(
    programs.map(([program], index) => {
      const { last, stderr, exitCode } = told[index]!;
      if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}: ${stderr}`);
      return [program, JSON.parse(last) as unknown];
    }),
  );
}

test.serial('requests to end transactions are answered by 3.9.1 as by the model', (t) => {
  t.deepEqual(of391[ENDS], modelAnswers([1]));
});

test.serial('requests to end transactions are answered by 4.4.0 as by the model', (t) => {
  t.deepEqual(of440[ENDS], modelAnswers([1, 2]));
});

/** By state, version and epoch. */
function modelAnswers(versions: readonly (1 | 2)[]): Record<string, string> {
  const asked = END_CASES.filter(({ version, by }) => versions.includes(version) && versions.includes(by));
  return Object.fromEntries(asked.map((each) => [keyOf(each), modelAnswer(each)]));
}

test.serial('3.9.1 keeps transactions of version 1 as they are told, and version 2 is refused', (t) => {
  const [first, second] = of391[TRANSACTIONS] as (ToldOfTransactions | Refused)[];
  assertKept(t, first);
  t.is(second?.version, 2);
  const { refused } = second as Refused;
  t.regex(refused, /does not speak version 12 of Produce, which transactions of version 2 need\.$/);
});

test.serial('4.4.0 keeps transactions of both versions as they are told', (t) => {
  const told = of440[TRANSACTIONS] as (ToldOfTransactions | Refused)[];
  t.is(told.length, 2);
  for (const each of told) assertKept(t, each);
});

test.serial('4.4.0 and its clients notice requests that a proxy reorders, resets and slows down', (t) => {
  const { reordered, reset, throttled, did } = of440[STRUCK] as Struck;
  t.deepEqual(reordered, [1, 0], 'the second one came first');
  t.deepEqual(reset, { reason: 'ECONNRESET', ends: [2, 2] }, 'it never reached the broker');
  const leastMs = (THROTTLED.bytes / THROTTLED.bytesPerSecond) * 1_000;
  t.true(throttled.tookMs >= leastMs, `${throttled.tookMs} ms`);
  t.is(throttled.offset, 2);
  t.is(did.length, 3);
  t.regex(did.join('; '), /^passed by the next one; connection reset; slowed by \d+ ms$/);
});

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
test.serial('4.4.0 has what each library acknowledged, where it said, and once', async (t) => {
  const libraries = [...LIBRARIES, ...(await javaClients([JAVA_VERSION]))];
  const told = of440[LIBRARY_CONTRACT] as Told[];
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
