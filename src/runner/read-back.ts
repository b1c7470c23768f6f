import { messageOf } from '../core/failure.ts';
import type { Fetched, Reader } from '../client/client.ts';
import { isIdempotent } from '../scenario/client.ts';
import { transactionTimeoutOf } from '../scenario/copying.ts';
import type { RunOptions } from './run-options.ts';
import { markersInto, recordsInto } from './reads.ts';
import { finalScan, SCANS } from './scan.ts';
import { sequenceAt, SequenceWatch } from './sequences.ts';
import { settle } from './settle.ts';
import { untilStable } from './stable.ts';
import type { Tally } from './tally.ts';

/** A broker that was killed or cut off may take a minute to be back in the ISR on a slow machine. */
const SETTLE_TIMEOUT_MS = 90_000;

/**
 * The phases without load: the cluster settles, and the topic is read back.
 *
 * One scan cannot tell a record that is gone from one that it was not handed. So where a scan did not return all that
 * was acknowledged (in a dense log: a record at every offset), those partitions are read once more, by another reader
 * that knows nothing of the first one; the checker holds the two against each other. Where nothing is missing a second
 * look could only say the same.
 *
 * @param onSettled told whether the cluster has settled; resolves when nothing else reads any more: the final scan waits for it.
 */
export async function readBack(
  options: RunOptions,
  account: Tally,
  { reader, onSettled }: { reader: Reader; onSettled: (settled: boolean) => Promise<void> },
): Promise<void> {
  const { world, scenario, abort } = options;
  const { clock, db } = world;
  const { partitions, replicationFactor } = scenario.topic;
  account.enter('settle');
  const { settled, reason, ends } = await settle({
    db,
    reader,
    clock,
    partitions,
    replicationFactor,
    timeoutMs: SETTLE_TIMEOUT_MS,
    signal: abort,
  });
  await onSettled(settled);
  const transactionTimeoutMs = transactionTimeoutOf(scenario);
  const stableEnds =
    transactionTimeoutMs === null || !settled
      ? ends
      : await untilStable({ reader, clock, ends, timeoutMs: transactionTimeoutMs, signal: abort });
  const keepFinal = keep(options, account, SCANS.final);
  const returned = new Array<number>(partitions).fill(0);
  account.enter('scan');
  const bounds = await finalScan({
    reader,
    clock,
    record: account.event,
    acknowledged: account.acknowledged,
    ends: stableEnds,
    settled,
    settleReason: reason,
    scan: SCANS.final,
    name: 'final',
    signal: abort,
    sequences: isIdempotent(scenario),
    ...markersInto(options, SCANS.final),
    onRecords: (records) => {
      for (const { partition } of records) returned[partition]!++;
      keepFinal(records);
    },
  });
  const doubted = bounds
    .filter(
      ({ partition, start, end }) =>
        account.unreturned.missing[partition]! > 0 || (scenario.dense && returned[partition]! < end - start),
    )
    .map(({ partition }) => partition);
  if (settled && doubted.length > 0 && !abort.aborted) await confirm(options, account, doubted);
}

/** A second final scan, of these partitions only. That it cannot be made is a remark: the first one still stands. */
async function confirm(options: RunOptions, account: Tally, partitions: readonly number[]): Promise<void> {
  const { world, scenario, abort } = options;
  const { clock } = world;
  const reader = world.openReader();
  try {
    await reader.open();
    const isStableAsked = transactionTimeoutOf(scenario) !== null;
    const ends = (await reader.endOffsets({ stable: isStableAsked })).filter(({ partition }) =>
      partitions.includes(partition),
    );
    await finalScan({
      reader,
      clock,
      record: account.event,
      // The first scan has already waited for an end that is too low.
      acknowledged: account.acknowledged.map(() => -1),
      ends,
      settled: true,
      settleReason: '',
      scan: SCANS.confirming,
      name: 'confirming',
      signal: abort,
      sequences: isIdempotent(scenario),
      ...markersInto(options, SCANS.confirming),
      onRecords: keep(options, account, SCANS.confirming),
    });
  } catch (error) {
    const text = `What the final scan did not return could not be looked for a second time: ${messageOf(error)}`;
    account.event({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
  } finally {
    await reader.close();
  }
}

/** What a final scan returns is recorded, shown, and no longer missing. */
function keep(options: RunOptions, account: Tally, scan: number) {
  const put = recordsInto(options, scan, (value) => account.unreturned.returned(value));
  const sequences = new SequenceWatch();
  return (records: readonly Fetched[]): void => {
    put(records);
    for (const record of records) {
      const highest = sequences.goesBack(record);
      if (highest === null) continue;
      const { partition, offset, batch } = record;
      const { producerId } = batch!;
      const sequence = sequenceAt(batch!, offset);
      const timeNs = options.world.clock.nowNs();
      account.event({ type: 'repetition', timeNs, scan, partition, offset, producerId, sequence, highest });
    }
    account.read(records.length);
  };
}
