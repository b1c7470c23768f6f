import { CODE } from '../model.ts';
import type { Peer } from '../peer.ts';
import type { Batch } from '../records.ts';
import type { Replica } from '../replica.ts';
import type { Surroundings } from '../surroundings.ts';
import { transactionsPartition } from '../coordinators/internal-topics.ts';
import type { Verification } from './partition-transactions.ts';
import type { Admission } from './requests.ts';

/** How long a leader waits for a coordinator, before it has the client ask again. */
const TIMEOUT_NS = 1e9;

/**
 * Whether a batch of a transaction may be appended. A transaction that is open in this partition takes it. Else the leader
 * asks the coordinator (KIP-890): under version 1 whether the partition was added to a transaction that is open, since
 * what comes late must not begin one; under version 2 to add it. A marker that is written meanwhile makes the answer void.
 *
 * Batches of one producer keep their order: while a question is under way the next ones wait behind it.
 *
 * @param admitted called within this broker's process; it checks again whether the broker leads.
 */
export function admit(
  around: Surroundings,
  self: Pick<Peer, 'process' | 'believed'>,
  { replica, batch }: { replica: Replica; batch: Batch },
  { admitted, refused }: { admitted: () => void; refused: (code: number) => void },
): void {
  const { options, records } = around;
  const { bug } = options;
  const { id, version } = batch.transaction!;
  const producer = records.producer[batch.first]!;
  const epoch = records.epoch[batch.first]!;
  const { transactions } = replica;
  if (replica.role !== 'leader') return admitted();
  const isTakenLate = bug === 'late-produce-accepted';
  if (epoch < replica.producers.epochOf(producer) && bug !== 'fencing-forgotten' && !isTakenLate)
    return refused(CODE.invalidProducerEpoch);
  if (transactions.isOpen(producer, epoch)) return admitted();
  if (version === 1 && options.transactions?.verifies !== true) return admitted();
  const again = () => admit(around, self, { replica, batch }, { admitted, refused });
  const underWay = transactions.verifications.get(producer);
  if (underWay !== undefined) {
    underWay.waiting.push(again);
    return;
  }
  const verification: Verification = { waiting: [] };
  transactions.verifications.set(producer, verification);
  const admission = { id, producer, epoch, partition: replica.partition, version };
  askCoordinator(around, self, admission, (code) => {
    const isCurrent = transactions.verifications.get(producer) === verification;
    if (isCurrent) transactions.verifications.delete(producer);
    if (isTakenLate && LATE.has(code)) admitted();
    else if (code !== CODE.none) refused(toClient(code, version));
    else if (isCurrent) admitted();
    else refused(CODE.invalidTransactionState);
    for (const next of verification.waiting) next();
  });
}

/** What a coordinator says of a record whose transaction is over. */
const LATE: ReadonlySet<number> = new Set([
  CODE.invalidProducerEpoch,
  CODE.invalidTransactionState,
  CODE.invalidProducerIdMapping,
]);
/** What it says where it cannot say it now. */
const NOT_NOW: ReadonlySet<number> = new Set([
  CODE.concurrentTransactions,
  CODE.coordinatorNotAvailable,
  CODE.coordinatorLoading,
  CODE.notCoordinator,
]);

function askCoordinator(
  { options, clock, network, brokers }: Surroundings,
  { process, believed }: Pick<Peer, 'process' | 'believed'>,
  admission: Admission,
  answered: (code: number) => void,
): void {
  const leader = believed[transactionsPartition(options, admission.id)]?.leader ?? -1;
  if (leader < 0) return answered(CODE.coordinatorNotAvailable);
  const coordinator = brokers[leader]!;
  const { life } = process;
  let isOver = false;
  const settle = (code: number) => {
    if (isOver) return;
    isOver = true;
    timeout.callback = null;
    process.run(() => {
      if (process.life === life) answered(code);
    });
  };
  const timeout = clock.at(clock.nowNs() + TIMEOUT_NS, () => settle(CODE.coordinatorNotAvailable));
  const answer = (code: number) => network.send(coordinator.process.place, process.place, () => settle(code));
  network.send(process.place, coordinator.process.place, () => {
    const isTaken = coordinator.process.run(() => coordinator.admit(admission, answer));
    if (!isTaken) answer(CODE.coordinatorNotAvailable);
  });
}

/** What a client is told of a coordinator that cannot say it now: under version 1 that it may try again. */
function toClient(code: number, version: 1 | 2): number {
  if (code === CODE.concurrentTransactions && version === 2) return code;
  return NOT_NOW.has(code) ? CODE.notEnoughReplicas : code;
}
