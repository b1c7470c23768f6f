import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { EndOffset, Fetched, FetchedMarker, Reader } from '../client/client.ts';
import type { Event } from '../history/event.ts';

/** The numbers that readers have in a history. */
export const SCANS = { final: 0, confirming: 1, firstConsumer: 2 } as const;

const SUSPICIOUS_END_RETRIES = 5;
const SUSPICIOUS_END_WAIT_MS = 1_000;

/**
 * The scan that decides. Each partition is read from its first offset to the end that its settled leader gave, then
 * all ends are asked for again. An end that lies below an acknowledged offset is suspicious in itself: before anybody
 * is accused of a loss, it is asked for again over several seconds.
 *
 * @returns the bounds that were read
 */
export async function finalScan(options: {
  reader: Reader;
  clock: Clock;
  record: (event: Event) => void;
  onRecords: (records: readonly Fetched[]) => void;
  /** Given where there are transactions: their markers, and last stable offsets, are asked for too. */
  onMarkers?: (markers: readonly FetchedMarker[]) => void;
  /** By partition: the highest offset that was acknowledged, -1 for none. */
  acknowledged: readonly number[];
  /** From `settle`. */
  ends: EndOffset[];
  settled: boolean;
  settleReason: string;
  /** Number and name that the scan gets in the history. */
  scan: number;
  name: string;
  /** Whether `onRecords` watches the producers' sequence numbers. */
  sequences: boolean;
  signal: AbortSignal;
}): Promise<EndOffset[]> {
  const { reader, clock, record } = options;
  const ends = await believableEnds(options);
  const readings = await Promise.all(ends.map((bounds) => readThrough(bounds, options)));
  // Once for all of them: an end that moved at any time since it was asked for has moved now.
  let after: ReadonlyMap<number, number> | null = null;
  let whyUnknown = '';
  try {
    after = new Map((await reader.endOffsets()).map(({ partition, end }) => [partition, end]));
  } catch (error) {
    whyUnknown = messageOf(error);
  }
  const completeNs = clock.nowNs();
  for (const { partition, start, end, stable, invokeNs, reason: whyUnread } of readings) {
    const endAfter = after?.get(partition);
    const moved = `the end moved from ${end} to ${endAfter ?? 'unknown'} while it was read`;
    const reason = whyUnread || whyUnknown || (endAfter === end ? '' : moved);
    record({
      type: 'scan',
      scan: options.scan,
      name: options.name,
      partition,
      from: start,
      end,
      covered: reason === '',
      final: options.settled,
      invokeNs,
      completeNs,
      ...(reason !== '' && { reason }),
      ...(options.sequences && { sequences: true }),
      ...(stable !== undefined && { stable }),
    });
  }
  return ends;
}

type Reading = EndOffset & { invokeNs: number; reason: string };

/** Reads a partition from its first offset to its end. Never rejects: `reason` says what kept it from that. */
async function readThrough(
  bounds: EndOffset,
  { reader, clock, settled, settleReason, onRecords, onMarkers, signal }: Parameters<typeof finalScan>[0],
): Promise<Reading> {
  const { partition, start, end } = bounds;
  const invokeNs = clock.nowNs();
  let reason = settled ? '' : `the cluster did not settle: ${settleReason}`;
  try {
    const markers = onMarkers === undefined ? {} : { markers: onMarkers };
    const { reached } = await reader.scan({ partition, from: start, end, ...markers }, onRecords, signal);
    if (reached < end) reason ||= `only offsets below ${reached} of ${end} could be read`;
  } catch (error) {
    reason ||= messageOf(error);
  }
  return { ...bounds, invokeNs, reason };
}

async function believableEnds(options: Parameters<typeof finalScan>[0]): Promise<EndOffset[]> {
  const { reader, clock, record, signal } = options;
  let ends = options.ends;
  for (let retry = 0; retry <= SUSPICIOUS_END_RETRIES; retry++) {
    const invokeNs = clock.nowNs();
    if (retry > 0 || ends.length === 0)
      ends = await reader.endOffsets({ stable: options.onMarkers !== undefined }).catch(() => ends);
    for (const { partition, end, broker, stable } of ends) {
      const completeNs = clock.nowNs();
      const told = stable === undefined ? {} : { stable };
      record({ type: 'end', partition, offset: end, invokeNs, completeNs, broker, ...told });
    }
    const suspicious = ends.some(({ partition, end }) => end <= options.acknowledged[partition]!);
    if (!suspicious || signal.aborted) return ends;
    await clock.sleep(SUSPICIOUS_END_WAIT_MS, signal);
  }
  return ends;
}
