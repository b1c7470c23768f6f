import type { Leader } from '../leader.ts';
import { CODE } from '../model.ts';
import { sizeOf } from '../partitions.ts';
import { ABORT, COMMIT, RECORD_BITS } from '../records.ts';
import type { Replica } from '../replica.ts';
import type { Surroundings } from '../surroundings.ts';
import { minInsyncReplicasOf } from '../coordinators/internal-topics.ts';
import type { MarkerRequest } from './requests.ts';

/** How long a marker may wait for followers before it is asked for again. */
const TIMEOUT_NS = 30e9;

/**
 * A partition's leader writes a marker, and answers once every replica in sync has it. It refuses one of a coordinator that
 * was replaced, and one of an epoch that has passed.
 *
 * @returns whether there is something new in the log
 */
export function writeMarker(
  around: Surroundings,
  leader: Leader,
  replica: Replica,
  { producer, epoch, coordinatorEpoch, end, version }: MarkerRequest,
  respond: (code: number) => void,
): boolean {
  const { options, records, clock } = around;
  const refused = refusalOf(around, replica, { producer, epoch, coordinatorEpoch, version });
  if (refused !== CODE.none) {
    respond(refused);
    return false;
  }
  const { partition, log } = replica;
  const kind = end === 'commit' ? COMMIT : ABORT;
  const marker = records.addMarker({ kind, partition, producer, epoch, coordinatorEpoch });
  let offset = log.append(marker, replica.state!.epoch);
  if (options.bug === 'marker-before-records' && offset > replica.epochStart) {
    const before = log.entries[offset - 1]!;
    const isOwn =
      records.producer[before & RECORD_BITS] === producer && !records.isMarker(before & RECORD_BITS);
    if (isOwn && records.inBatch[before & RECORD_BITS] === 0) {
      log.entries[offset] = before;
      log.entries[--offset] = marker;
    }
  }
  replica.producers.remember(marker, offset);
  replica.transactions.remember(marker, offset);
  replica.purgatory.add({ offset, count: 1 }, clock.nowNs() + TIMEOUT_NS, { answer: respond });
  leader.advance(replica);
  return true;
}

function refusalOf(
  { options }: Surroundings,
  replica: Replica,
  { producer, epoch, coordinatorEpoch, version }: Omit<MarkerRequest, 'end' | 'partition'>,
): number {
  if (replica.role !== 'leader' || replica.state === null) return CODE.notLeader;
  if (sizeOf(replica.state.isr) < minInsyncReplicasOf(options, replica.partition))
    return CODE.notEnoughReplicas;
  const { transactions, producers } = replica;
  if (coordinatorEpoch < transactions.coordinatorEpochOf(producer)) return CODE.coordinatorFenced;
  const known = producers.epochOf(producer);
  if (epoch < known) return CODE.invalidProducerEpoch;
  const isStrict =
    version === 2 && options.transactions?.strictMarkers === true && options.bug !== 'stray-marker';
  return isStrict && epoch === known && transactions.hasOpen(producer)
    ? CODE.invalidProducerEpoch
    : CODE.none;
}
