import type { TransactionalClient } from '../../src/client/transactional-client.ts';
import { scenarioSchema, type Scenario } from '../../src/scenario/schema.ts';
import type { Contracted, Facts } from './cases.ts';

/**
 * What the model and Kafka must agree on in transactions: cases that run, word for word, against either world, on one cluster
 * of three brokers. Each has a transactional id and two partitions of its own, so they run at once: most of them wait.
 */
export interface TransactionCase {
  name: string;
  /** It kills a broker: it runs when the others have ended. */
  isDisturbing?: boolean;
  facts: (version: 1 | 2) => Facts;
  tell(story: TransactionStory): Promise<Facts>;
}

/** Nothing is aborted by its coordinator, however slow the machine. */
const PATIENT_MS = 300_000;
/** What is left open is. */
const TIMEOUT_MS = 5_000;
/** Coordinators look for such transactions every ten seconds. */
const TIMED_OUT_MS = TIMEOUT_MS + 13_000;

/** The partitions of a case in one version: the one that most is written to, and another one. */
const PARTITIONS_EACH = 2;

/** @param versions those that the cluster is asked about */
export function transactionScenario(versions: readonly (1 | 2)[]): Scenario {
  const stories = versions.length * TRANSACTION_CASES.length;
  return scenarioSchema.parse({
    name: 'contract',
    title: 'What the model and Kafka must agree on in transactions',
    topic: { partitions: PARTITIONS_EACH * stories, replicationFactor: 3, minInsyncReplicas: 2 },
    producer: {
      acks: 'all',
      requestTimeoutMs: 10_000,
      produceTimeoutMs: 5_000,
      transactions: { timeoutMs: PATIENT_MS },
    },
    load: { workers: stories },
  });
}

/** One case in one version: its client, numbers for its values, and its log as it is told. */
export class TransactionStory {
  readonly world: Contracted;
  readonly version: 1 | 2;
  readonly #number: number;
  readonly #opened: TransactionalClient[] = [];
  #seq = 0;

  /** @param number no other story of the cluster has it */
  constructor(world: Contracted, version: 1 | 2, number: number) {
    this.world = world;
    this.version = version;
    this.#number = number;
  }

  /** The partition that is meant by 0, and by 1. */
  partition(which: 0 | 1): number {
    return PARTITIONS_EACH * this.#number + which;
  }

  /** Another instance of the one transactional id. */
  async client(timeoutMs = PATIENT_MS): Promise<TransactionalClient> {
    // Read when the client is made, which is before anything else can happen.
    Object.assign(this.world.scenario.producer.transactions!, { timeoutMs, version: this.version });
    const client = this.world.openTransactional!(this.#number, () => undefined);
    this.#opened.push(client);
    await client.open();
    return client;
  }

  /** @returns the outcome, or the name of the error, and the value. */
  async write(client: TransactionalClient, which: 0 | 1 = 0): Promise<{ told: string; value: string }> {
    const seq = this.#seq++;
    const partition = this.partition(which);
    const { outcome, error } = await client.write({ worker: 0, seq, partition });
    return { told: error ?? outcome, value: `0:${seq}` };
  }

  /** The log of a partition once nothing in it is open: values and markers as words, with the epochs of their producers. */
  async log(which: 0 | 1 = 0): Promise<string[]> {
    const { clock, decode } = this.world;
    const partition = this.partition(which);
    const reader = this.world.openReader();
    await reader.open();
    const deadlineNs = clock.nowNs() + 60e9;
    for (;;) {
      const { end, stable } = (await reader.endOffsets({ stable: true }))[partition]!;
      if (stable !== end && clock.nowNs() < deadlineNs) {
        await clock.sleep(100);
        continue;
      }
      const found: [offset: number, word: string][] = [];
      await reader.scan(
        {
          partition,
          from: 0,
          end,
          markers: (markers) =>
            markers.forEach(({ offset, kind, epoch }) => found.push([offset, `${kind} e${epoch}`])),
        },
        (records) => {
          for (const { offset, value, batch } of records) {
            const { worker, seq } = decode(partition, value);
            found.push([offset, `${worker}:${seq} e${batch?.epoch}`]);
          }
        },
      );
      await reader.close();
      return found.toSorted(([a], [b]) => a - b).map(([, word]) => word);
    }
  }

  /** The end and the last stable offset, once the end has come to where it is expected. */
  async ends(atLeast: number): Promise<{ end: number; stable: number }> {
    const { clock } = this.world;
    const reader = this.world.openReader();
    await reader.open();
    const deadlineNs = clock.nowNs() + 30e9;
    for (;;) {
      const { end, stable } = (await reader.endOffsets({ stable: true }))[this.partition(0)]!;
      if (end < atLeast && clock.nowNs() < deadlineNs) {
        await clock.sleep(100);
        continue;
      }
      await reader.close();
      return { end, stable: stable! };
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((client) => client.close()));
  }
}

const epochsOf = (version: 1 | 2) => (ends: number) => (version === 1 ? 0 : ends);

export const TRANSACTION_CASES: readonly TransactionCase[] = [
  {
    name: 'commit and abort: each has its marker, and in version 2 an epoch; what is open is behind the last stable offset',
    facts: (version) => {
      const after = epochsOf(version);
      return {
        ends: [
          ['committed', after(0), after(1)],
          ['aborted', after(1), after(2)],
        ],
        whileOpen: { end: 5, stable: 4 },
        log: [
          `0:0 e${after(0)}`,
          `0:1 e${after(0)}`,
          `0:3 e${after(0)}`,
          `commit e${after(1)}`,
          `0:4 e${after(1)}`,
          `abort e${after(2)}`,
        ],
        other: [`0:2 e${after(0)}`, `commit e${after(1)}`],
      };
    },
    async tell(story) {
      const client = await story.client();
      await client.begin();
      await story.write(client);
      await story.write(client);
      await story.write(client, 1);
      await story.write(client);
      const first = await client.end('commit');
      await client.begin();
      await story.write(client);
      const whileOpen = await story.ends(5);
      const second = await client.end('abort');
      return {
        ends: [first, second].map(({ outcome, before, after }) => [outcome, before?.epoch, after?.epoch]),
        whileOpen,
        log: await story.log(),
        other: await story.log(1),
      };
    },
  },
  {
    name: 'fencing: another instance of an id aborts what the first one has open, and refuses all that it does',
    facts: (version) => ({
      late: 'INVALID_PRODUCER_EPOCH',
      end: ['aborted', version === 1 ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED'],
      next: ['committed', null],
      // The abort by the coordinator has an epoch of its own.
      log: ['0 e0', 'abort e1', '1 e2', `commit e${version === 1 ? 2 : 3}`],
    }),
    async tell(story) {
      const first = await story.client();
      await first.begin();
      const abandoned = await story.write(first);
      const second = await story.client();
      await second.begin();
      const late = await story.write(first);
      const end = await first.end('commit');
      const kept = await story.write(second);
      const next = await second.end('commit');
      return {
        late: late.told,
        end: [end.outcome, end.error],
        next: [next.outcome, next.error],
        log: numbered(await story.log(), [abandoned.value, kept.value]),
      };
    },
  },
  {
    name: 'timeout: what its client has left open is aborted, and the client is refused',
    facts: (version) => ({
      late: 'INVALID_PRODUCER_EPOCH',
      end: ['aborted', version === 1 ? 'INVALID_PRODUCER_EPOCH' : 'INVALID_TXN_STATE'],
      next: ['committed', null],
      log: ['0 e0', 'abort e1', '1 e2', `commit e${version === 1 ? 2 : 3}`],
    }),
    tell: async (story) => timedOut(story, await story.client(TIMEOUT_MS)),
  },
  {
    name: 'timeout of a later transaction: the same',
    facts: (version) => {
      const first = version === 1 ? 0 : 1;
      return {
        late: 'INVALID_PRODUCER_EPOCH',
        end: ['aborted', version === 1 ? 'INVALID_PRODUCER_EPOCH' : 'INVALID_TXN_STATE'],
        next: ['committed', null],
        log: [
          `0 e${first}`,
          `abort e${first + 1}`,
          `1 e${first + 2}`,
          `commit e${first + (version === 1 ? 2 : 3)}`,
        ],
      };
    },
    async tell(story) {
      const client = await story.client(TIMEOUT_MS);
      await client.begin();
      await story.write(client, 1);
      await client.end('commit');
      return timedOut(story, client);
    },
  },
  {
    name: 'nothing written: there is nothing to end, and nothing in the log',
    facts: () => ({ end: ['aborted', 'NOTHING_TO_END', 0], again: 'committed' }),
    async tell(story) {
      const client = await story.client();
      await client.begin();
      const { outcome, error, attempts } = await client.end('commit');
      await client.begin();
      await story.write(client);
      const again = await client.end('commit');
      return { end: [outcome, error, attempts], again: again.outcome };
    },
  },
  {
    name: 'a leader that dies: the transaction goes on with its successor, and is committed as a whole',
    isDisturbing: true,
    facts: () => ({ before: 'ok', after: 'ok', end: 'committed', isWhole: true }),
    async tell(story) {
      const { db, clock } = story.world;
      const client = await story.client();
      await client.begin();
      const before = await story.write(client);
      const leader = await leaderOf(story);
      await db.kill!(`kafka${leader}`);
      await until(story, async () => (await leaderOf(story)) !== leader);
      await db.start!(`kafka${leader}`);
      await until(story, () => isWhole(story.world));
      await clock.sleep(2_000);
      let after = await story.write(client, 1);
      // It may have been led by the same broker, which the client learns by asking it.
      await until(
        story,
        async () => after.told === 'ok' || (after = await story.write(client, 1)).told === 'ok',
      );
      const end = await client.end(after.told === 'ok' ? 'commit' : 'abort');
      const log = await story.log();
      return {
        before: before.told,
        after: after.told,
        end: end.outcome,
        isWhole: log.some((word) => word.startsWith(`${before.value} `)) && log.at(-1)!.startsWith('commit'),
      };
    },
  },
];

async function timedOut(story: TransactionStory, client: TransactionalClient): Promise<Facts> {
  await client.begin();
  const abandoned = await story.write(client);
  await story.world.clock.sleep(TIMED_OUT_MS);
  const late = await story.write(client);
  const end = await client.end('commit');
  await client.begin();
  const kept = await story.write(client);
  const next = await client.end('commit');
  return {
    late: late.told,
    end: [end.outcome, end.error],
    next: [next.outcome, next.error],
    log: numbered(await story.log(), [abandoned.value, kept.value]),
  };
}

/** Values by their place among these. */
function numbered(log: readonly string[], values: readonly string[]): string[] {
  return log.map((word) => {
    const [value = '', epoch = ''] = word.split(' ');
    const index = values.indexOf(value);
    return index < 0 ? word : `${index} ${epoch}`;
  });
}

async function until({ world: { clock } }: TransactionStory, holds: () => Promise<boolean>): Promise<void> {
  const deadlineNs = clock.nowNs() + 60e9;
  while (!(await holds()) && clock.nowNs() < deadlineNs) await clock.sleep(200);
}

/** By all accounts every replica is in sync. */
async function isWhole({ db }: Contracted): Promise<boolean> {
  const observers = Object.values((await db.view()).observers);
  return observers.every(
    (observed) => observed?.partitions.every(({ leader, isr }) => leader >= 0 && isr.length === 3) === true,
  );
}

async function leaderOf(story: TransactionStory): Promise<number> {
  const { observers } = await story.world.db.view();
  const claims = Object.values(observers).flatMap((each) => each?.partitions ?? []);
  const ofOwn = claims.filter(({ partition }) => partition === story.partition(0));
  return ofOwn.toSorted((a, b) => (b.epoch ?? -1) - (a.epoch ?? -1))[0]?.leader ?? -1;
}

/** What each case tells, by its name, in one version. */
export type TransactionFacts = { version: 1 | 2; cases: Record<string, Facts> };

/** Runs all cases in these versions; a case that throws tells that. */
export async function tellTransactions(
  world: Contracted,
  versions: readonly (1 | 2)[],
): Promise<TransactionFacts[]> {
  const told = versions.map((version): TransactionFacts => ({ version, cases: {} }));
  const tellOne = async (each: TransactionCase, { version, cases }: TransactionFacts) => {
    const number = versions.indexOf(version) * TRANSACTION_CASES.length + TRANSACTION_CASES.indexOf(each);
    const story = new TransactionStory(world, version, number);
    cases[each.name] = await each.tell(story).catch((error: unknown) => ({ threw: String(error) }));
    await story.close();
  };
  const all = TRANSACTION_CASES.flatMap((each) => told.map((of) => [each, of] as const));
  await Promise.all(all.filter(([{ isDisturbing }]) => !isDisturbing).map((pair) => tellOne(...pair)));
  for (const pair of all.filter(([{ isDisturbing }]) => isDisturbing)) await tellOne(...pair);
  return told;
}
