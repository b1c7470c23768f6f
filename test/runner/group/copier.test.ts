import test from 'ava';
import type { Fetched } from '../../../src/client/client.ts';
import type { GroupMember } from '../../../src/client/group-member.ts';
import type { TransactionalClient, TransactionEnded } from '../../../src/client/transactional-client.ts';
import { virtualClock } from '../../../src/core/virtual-clock.ts';
import type { Event } from '../../../src/history/event.ts';
import type { OffsetCommitEvent } from '../../../src/history/group.ts';
import type { Transaction } from '../../../src/history/transaction.ts';
import type { Write } from '../../../src/history/write.ts';
import { Copier, type CopierMoment } from '../../../src/runner/group/copier.ts';

/** A copier of three partitions, whose producer and consumer do what a test says, and note what they were asked. */
function setUp({
  refused = null,
  failsAt = -1,
  ended = {},
  rewound = null,
}: {
  /** Why its offsets are not taken. */
  refused?: string | null;
  /** The write, counted from 0, that is not acknowledged. */
  failsAt?: number;
  ended?: Partial<TransactionEnded>;
  rewound?: string | null;
} = {}) {
  const clock = virtualClock();
  const asked: string[] = [];
  const writes: Write[] = [];
  const transactions: Transaction[] = [];
  const events: Event[] = [];
  let written = 0;
  const producer: TransactionalClient = {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    async begin() {
      asked.push('begin');
      return { producer: null, error: null };
    },
    async write({ seq, records = 1, partition }) {
      asked.push(`write ${partition}`);
      await clock.sleep(10);
      const isFailed = written++ === failsAt;
      return isFailed
        ? { outcome: 'info', error: 'TimeoutException', offset: null, attempts: 1, broker: null }
        : {
            outcome: 'ok', error: null, offset: 100 + seq, attempts: 1, broker: null,
            each: Array.from({ length: records }, (_, index) => ({ outcome: 'ok', error: null, offset: 100 + seq + index })),
          }; // prettier-ignore
    },
    async sendOffsets({ offsets, reader }) {
      asked.push(
        `offsets ${offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' ')} of ${reader}`,
      );
      await clock.sleep(10);
      return refused;
    },
    async end(how) {
      asked.push(how);
      await clock.sleep(10);
      const outcome = how === 'commit' ? ('committed' as const) : ('aborted' as const);
      return { outcome, error: null, attempts: 1, answered: 1, before: null, after: null, ...ended };
    },
  };
  const consumer: GroupMember = {
    join: () => Promise.resolve(null),
    poll: () => Promise.reject(new Error('nobody polls here')),
    commit: () => Promise.reject(new Error('a copier commits in its transactions only')),
    async rewind() {
      asked.push('rewind');
      return rewound;
    },
    leave: () => Promise.resolve(null),
  };
  const counts = { seq: 5, transaction: 2 };
  const copier = new Copier({
    member: 1,
    scan: 20,
    worker: 7,
    partitions: 3,
    consumer,
    producer,
    counts,
    clock,
    write: (write) => void writes.push(write),
    transaction: (row) => void transactions.push(row),
    event: (event) => void events.push(event),
  });
  const moments: CopierMoment[] = [];
  const copy = async (records: Fetched[]): Promise<string | null> => {
    let error: string | null = 'never came back';
    const copying = copier.copy({ records, generation: 4 }, async (moment) => {
      moments.push(moment);
      asked.push(`(${moment})`);
    });
    await clock.drive(copying.then((told) => void (error = told)));
    return error;
  };
  const commits = () => events.filter((event): event is OffsetCommitEvent => event.type === 'offset-commit');
  return { copy, asked, writes, transactions, commits, counts };
}

const record = (partition: number, offset: number): Fetched => ({ partition, offset, value: null });

test('each record is copied to its partition in the second half, with the offset that it is a copy of', async (t) => {
  const { copy, asked, writes, transactions, commits, counts } = setUp();
  // Offset 9 is a marker's.
  t.is(await copy([record(0, 7), record(0, 8), record(2, 3), record(0, 10)]), null);
  t.deepEqual(asked, [
    'begin',
    'write 3',
    'write 5',
    '(offsets)',
    'offsets 0@11 2@4 of 20',
    '(end)',
    'commit',
  ]);
  t.deepEqual(
    writes.map(({ seq, partition, copyOf, transaction, outcome }) => [
      seq,
      partition,
      copyOf,
      transaction,
      outcome,
    ]),
    [
      [5, 3, 7, 2, 'ok'],
      [6, 3, 8, 2, 'ok'],
      [7, 3, 10, 2, 'ok'],
      [8, 5, 3, 2, 'ok'],
    ],
  );
  t.like(transactions[0], { worker: 7, number: 2, end: 'commit', outcome: 'committed' });
  t.like(commits()[0], {
    member: 1, scan: 20, generation: 4, outcome: 'ok', error: null, transaction: { worker: 7, number: 2 },
    offsets: [{ partition: 0, offset: 11 }, { partition: 2, offset: 4 }],
  }); // prettier-ignore
  t.deepEqual(counts, { seq: 9, transaction: 3 });
});

test('what was not all written is aborted, and the consumer goes back', async (t) => {
  const { copy, asked, transactions, commits } = setUp({ failsAt: 1 });
  t.is(await copy([record(0, 7), record(1, 3)]), null);
  t.deepEqual(asked.slice(-3), ['(end)', 'abort', 'rewind']);
  t.like(transactions[0], { end: 'abort', outcome: 'aborted' });
  t.like(commits()[0], { outcome: 'fail' });
});

test('offsets of a member that was replaced are not taken: the transaction is aborted', async (t) => {
  const { copy, asked, commits } = setUp({ refused: 'CommitFailedException' });
  t.is(await copy([record(0, 7)]), null);
  t.deepEqual(asked.slice(-2), ['abort', 'rewind']);
  t.like(commits()[0], { outcome: 'fail', error: 'CommitFailedException' });
});

test('where nobody knows what became of the transaction, its life is over, and the offsets are unknown, too', async (t) => {
  const { copy, asked, commits } = setUp({ ended: { outcome: 'unknown', error: 'TimeoutException' } });
  t.is(await copy([record(0, 7)]), 'TimeoutException');
  t.is(asked.at(-1), 'commit', 'it does not go back to offsets that may be others in a moment');
  t.like(commits()[0], { outcome: 'unknown', error: 'TimeoutException' });
});

test('an abort that failed, or a consumer that cannot go back, ends its life', async (t) => {
  const notAborted = setUp({ refused: 'FENCED', ended: { error: 'ProducerFencedException' } });
  t.is(await notAborted.copy([record(0, 7)]), 'ProducerFencedException');
  const notRewound = setUp({ refused: 'FENCED', rewound: 'TimeoutException' });
  t.is(await notRewound.copy([record(0, 7)]), 'TimeoutException');
});
