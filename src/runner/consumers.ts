import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { Fetched, Reader } from '../client/client.ts';
import type { Event } from '../history/event.ts';
import { recordsInto } from './reads.ts';
import type { RunOptions } from './run-options.ts';
import { SCANS } from './scan.ts';

/**
 * Consumers: readers that follow every partition from its beginning while the run goes on, each by itself and without
 * a group. What they are given is what applications would have seen: a value that some reader had and that is gone in
 * the end is worse than one that was not seen, and a read says by when its record was in the log.
 *
 * A consumer whose offset is out of range, because a new leader cut the log off below it, goes on from the end that
 * it is told then, and the history says so.
 */

/** How long a consumer goes on asking before it believes that its offset is out of range. */
const PATIENCE_MS = 2_000;
/** Between two answers without a record. */
const POLL_MS = 200;

/**
 * @param options.scenario says how many.
 * @param more.first the number that the first of them has in the history.
 * @param more.onRecords is given the records too.
 * @returns ends them all, and resolves when each has said how far it came.
 */
export function startConsumers(
  options: Pick<RunOptions, 'world' | 'scenario' | 'recorder' | 'decode' | 'abort'>,
  record: (event: Event) => void,
  more: { first?: number; onRecords?: (records: readonly Fetched[]) => void } = {},
): () => Promise<void> {
  const { world, scenario, abort } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, abort]);
  const consumers = Array.from({ length: scenario.consumers }, (_, index) => {
    const scan = (more.first ?? SCANS.firstConsumer) + index;
    const reader = world.openReader({ patienceMs: PATIENCE_MS });
    const shared = {
      reader,
      scan,
      name: `consumer ${scan - SCANS.firstConsumer + 1}`,
      clock: world.clock,
      record,
      signal,
    };
    const put = recordsInto(options, scan);
    const onRecords = (records: readonly Fetched[]) => {
      put(records);
      more.onRecords?.(records);
    };
    const partitions = Array.from({ length: scenario.topic.partitions }, (_unused, partition) =>
      follow({ ...shared, partition, onRecords }),
    );
    return Promise.all(partitions).then(() => reader.close());
  });
  const ended = Promise.allSettled(consumers).then(() => undefined);
  return () => {
    ending.abort();
    return ended;
  };
}

interface Following {
  reader: Reader;
  scan: number;
  name: string;
  partition: number;
  clock: Clock;
  record: (event: Event) => void;
  onRecords: (records: readonly Fetched[]) => void;
  signal: AbortSignal;
}

/** Reads one partition until `signal`, then says how far it came. Never rejects: what went wrong stands there too. */
async function follow(options: Following): Promise<void> {
  const { reader, scan, name, partition, clock, signal } = options;
  const invokeNs = clock.nowNs();
  let position = 0;
  let reason = '';
  try {
    while (!signal.aborted) {
      const bounds = { partition, from: position, end: Infinity };
      const { reached, outOfRange } = await reader.scan(bounds, options.onRecords, signal);
      const before = position;
      position = reached;
      if (outOfRange === true && !signal.aborted) position = await newPosition(options, position);
      if (position === before) await clock.sleep(POLL_MS, signal);
    }
  } catch (error) {
    reason = messageOf(error);
  }
  options.record({
    type: 'scan',
    scan,
    name,
    partition,
    from: 0,
    end: position,
    covered: reason === '',
    final: false,
    invokeNs,
    completeNs: clock.nowNs(),
    ...(reason !== '' && { reason }),
  });
}

/** Where to go on after an offset was out of range; the same if no bounds say that it is. */
async function newPosition(options: Following, from: number): Promise<number> {
  const { reader, scan, partition, clock, record } = options;
  const ends = await reader.endOffsets().catch(() => []);
  const bounds = ends.find((candidate) => candidate.partition === partition);
  if (bounds === undefined || (from >= bounds.start && from <= bounds.end)) return from;
  const isBehind = from > bounds.end;
  record({
    type: 'reset',
    timeNs: clock.nowNs(),
    scan,
    partition,
    from,
    to: isBehind ? bounds.end : bounds.start,
    reason: isBehind ? `the log ends at ${bounds.end}` : `the log begins at ${bounds.start}`,
  });
  return isBehind ? bounds.end : bounds.start;
}
