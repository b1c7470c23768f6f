import { entry, type Entry } from './entry.ts';
import { abort, begin, commit, write, type Step } from './steps.ts';

/**
 * Histories without any fault, each of which a consumer of what is committed must read right. The broker sends what was
 * aborted, too, with a list of it: leaving it out is the work of the client library.
 */
/** A transaction that everybody is to see, behind all that nobody is to see. */
const COMMITTED: Step[] = [begin(), write(), commit()];

/** Nearly as large as a record may be, so that few of them fill what a consumer asks for at once. */
const LARGE_BYTES = 900_000;
/** More than any library asks for at once, if nothing is set. */
const LARGE_RECORDS = 13;

function readCommitted(
  name: string,
  more: { title: string; description: string; script: Step[]; workers?: number; recordBytes?: number },
): Entry {
  const { title, description, script, workers = 1, recordBytes = 128 } = more;
  return entry({
    name: `read-committed-${name}`,
    title,
    description,
    topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
    producer: { acks: 'all', transactions: { timeoutMs: 60_000 } },
    load: { workers, inFlight: 1, recordBytes, script: [...script, ...COMMITTED] },
    phases: { warmUpMs: 0, faultsMs: 0, recoveryMs: 0 },
    consumers: 1,
    consumer: { library: 'java', when: 'afterwards' },
    expect: 'no-loss',
  });
}

export const READ_COMMITTED: readonly Entry[] = [
  readCommitted('two-aborted', {
    title: 'Two aborted transactions of one producer, read at once',
    description: 'A consumer of what is committed gets both in one answer, and must hand out neither.',
    script: [begin(), write(), abort(), begin(), write(), abort()],
  }),
  readCommitted('large-aborted', {
    title: 'An aborted transaction that is larger than one answer',
    description:
      'The end of the transaction comes in another answer than its beginning; nothing of it may be handed out.',
    script: [begin(), ...Array.from({ length: LARGE_RECORDS }, () => write()), abort()],
    recordBytes: LARGE_BYTES,
  }),
  readCommitted('interleaved', {
    title: 'Aborted transactions of two producers, one within the other',
    description:
      'Their records take turns in the log, over several answers; nothing of either may be handed out.',
    workers: 2,
    script: [
      begin(0),
      begin(1),
      ...Array.from({ length: 3 }, () => [write(), write(0, { worker: 1 })]).flat(),
      abort(0),
      abort(1),
    ],
    recordBytes: LARGE_BYTES,
  }),
  readCommitted('zero-key', {
    title: 'An aborted record with the key 00 00 00 00',
    description:
      'A marker of an abort has such a key, too; the record must not be taken for one, and not be handed out.',
    script: [begin(), write(0, { key: '00000000' }), write(), abort()],
  }),
];
