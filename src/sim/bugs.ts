/**
 * Bugs that can be planted into the model, each a small deviation at one place. They are what the search, the
 * checker and the shrinker are tested with: the truth about them is known.
 */
export const BUGS = {
  'truncate-to-high-watermark':
    'a follower cuts its log at its own high watermark instead of asking where the epochs diverge (KIP-101)',
  'ack-before-replication': 'acks=all is answered as soon as the leader has the record',
  'high-watermark-early': 'the high watermark follows the fastest replica in sync instead of the slowest',
  'unfenced-zombie':
    'a leader that was replaced keeps what it alone has when it returns, and counts as in sync with it',
  'out-of-sync-election': 'a replica that is out of sync is elected although one in sync could be',
  'torn-tail': 'a broker that starts again has lost the last records of its log, and still counts as in sync',
  'duplicate-on-retry':
    'the broker forgets what an idempotent producer has sent, and appends a repetition again',
  'sequence-rollback':
    'an idempotent client takes a sequence number back after an error and gives it to the next record (S2)',
  'resolved-without-sending': 'the client reports success for a record that it never sent (S1)',
  'failed-but-appended': 'the broker appends first and then refuses for want of in-sync replicas',
  'offset-reset': 'a new leader counts the offsets in its answers from zero',
  'reader-skips': 'a reader leaves out records now and then, each reader its own',
  'wrong-topic': 'the broker stores a record that belongs into another topic now and then',
  'flipped-byte': 'a byte of a stored record changes now and then',
  'stale-end-offset': 'a new leader gives the end offset that it knew as a follower',
  'out-of-order-append': 'the broker puts a record before one that it has already acknowledged',
} as const;

/** Deviations in transactions, for runs that have some. */
export const TRANSACTION_BUGS = {
  'stray-marker': 'each marker of a transaction comes a second time, when the next one may have begun',
  'late-produce-accepted':
    'a leader takes a record of a transaction that is over, or of an epoch that has passed, as any other one',
  'marker-before-records': 'a marker is put before the last record of its transaction',
  'fencing-forgotten':
    'requests of an epoch that has passed are taken as those of the present one, by coordinators and leaders',
  'decision-forgotten': 'a coordinator that takes over goes on as if what was decided had not been',
  'end-answered-early': 'an end is answered before it is in the log of transactions, whatever becomes of it',
  'marker-missing': 'a commit leaves out the marker of the first of its partitions',
  'never-timed-out': 'a transaction that its client has left is never aborted',
  'aborted-shown': 'a reader of what is committed forgets that a producer may have aborted more than once',
} as const;

/** Deviations in consumer groups, and in what their members copy in transactions, for runs that have a group. */
export const GROUP_BUGS = {
  'offsets-rolled-back':
    'a coordinator that takes over goes back to what was committed before the last commit of each partition',
  'offsets-expired': 'a coordinator that takes over has forgotten what groups have committed (KAFKA-13636)',
  'commit-forgotten': 'the coordinator answers a commit now and then, and keeps it nowhere',
  'offset-of-another-partition':
    'the coordinator keeps the first offset of a commit for all of its partitions',
  'zombie-commit-accepted': 'the coordinator takes commits from whoever sends them, of whatever generation',
  'position-skips': 'a member that is given a partition begins one record behind what was committed',
  'zombie-transaction-accepted':
    'offsets in transactions are taken from whoever sends them, of whatever generation (as before KIP-447)',
  'undecided-offsets-passed':
    'a coordinator tells what was committed before, while a transaction that commits more has no end yet',
  'offsets-outside-transaction':
    'offsets in a transaction are committed at once, whatever becomes of the transaction',
  'transaction-offsets-forgotten': 'a transaction is committed without its offsets',
  'polled-backwards': 'a member hands out what it has of a partition in the wrong order',
} as const;

/**
 * Deviations of what the run strikes and asks with, instead of Kafka: nothing is lost by them, and they must lead to no
 * accusation and to no acquittal.
 */
export const WORLD_BUGS = {
  'zombie-claims-leadership':
    'a broker that was replaced goes on answering that it leads, with all replicas in sync, for ever',
  'cut-does-nothing': 'a cut of the network is reported as done, and every packet still arrives',
} as const;

export type Bug =
  keyof typeof BUGS | keyof typeof TRANSACTION_BUGS | keyof typeof GROUP_BUGS | keyof typeof WORLD_BUGS;

/** Those that a checker is to find. */
export const BUG_NAMES = Object.keys(BUGS) as readonly (keyof typeof BUGS)[];
export const TRANSACTION_BUG_NAMES = Object.keys(
  TRANSACTION_BUGS,
) as readonly (keyof typeof TRANSACTION_BUGS)[];

export const GROUP_BUG_NAMES = Object.keys(GROUP_BUGS) as readonly (keyof typeof GROUP_BUGS)[];

export function isTransactionBug(name: Bug): boolean {
  return Object.hasOwn(TRANSACTION_BUGS, name);
}

export function isGroupBug(name: Bug): boolean {
  return Object.hasOwn(GROUP_BUGS, name);
}

export function isBug(name: string): name is Bug {
  return [BUGS, TRANSACTION_BUGS, GROUP_BUGS, WORLD_BUGS].some((bugs) => Object.hasOwn(bugs, name));
}
