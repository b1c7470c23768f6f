import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { EndOffset, Fetched, Reader } from '../client/client.ts';
import type { Event } from '../history/event.ts';

/** The numbers that readers have in a history. */
export const SCANS = { final: 0, confirming: 1, firstConsumer: 2 } as const;

const SUSPICIOUS_END_RETRIES = 5;
const SUSPICIOUS_END_WAIT_MS = 1_000;

/**
 * The scan that decides. Each partition is read from its first offset to the end that its settled leader gave, then
 * the end is asked for again. An end that lies below an acknowledged offset is suspicious in itself: before anybody
 * is accused of a loss, it is asked for again over several seconds.
 *
 * @returns the bounds that were read
 */
export async function finalScan(options: {
  reader: Reader;
  clock: Clock;
  record: (event: Event) => void;
  onRecords: (records: readonly Fetched[]) => void;
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
  const { reader, clock, record, signal } = options;
  const ends = await believableEnds(options);
  await Promise.all(
    ends.map(async ({ partition, start, end }) => {
      const invokeNs = clock.nowNs();
      let reached = start;
      let reason = options.settled ? '' : `the cluster did not settle: ${options.settleReason}`;
      try {
        ({ reached } = await reader.scan({ partition, from: start, end }, options.onRecords, signal));
        if (reached < end) reason ||= `only offsets below ${reached} of ${end} could be read`;
        const after = (await reader.endOffsets()).find((candidate) => candidate.partition === partition);
        if (after?.end !== end) {
          reason ||= `the end moved from ${end} to ${after?.end ?? 'unknown'} while it was read`;
        }
      } catch (error) {
        reason ||= messageOf(error);
      }
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
        completeNs: clock.nowNs(),
        ...(reason !== '' && { reason }),
        ...(options.sequences && { sequences: true }),
      });
    }),
  );
  return ends;
}

async function believableEnds(options: Parameters<typeof finalScan>[0]): Promise<EndOffset[]> {
  const { reader, clock, record, signal } = options;
  let ends = options.ends;
  for (let retry = 0; retry <= SUSPICIOUS_END_RETRIES; retry++) {
    const invokeNs = clock.nowNs();
    if (retry > 0 || ends.length === 0) ends = await reader.endOffsets().catch(() => ends);
    for (const { partition, end, broker } of ends) {
      record({ type: 'end', partition, offset: end, invokeNs, completeNs: clock.nowNs(), broker });
    }
    const suspicious = ends.some(({ partition, end }) => end <= options.acknowledged[partition]!);
    if (!suspicious || signal.aborted) return ends;
    await clock.sleep(SUSPICIOUS_END_WAIT_MS, signal);
  }
  return ends;
}
