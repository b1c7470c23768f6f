import { NS_PER_MS } from '../core/clock.ts';
import type { Fetched } from '../client/client.ts';
import type { Event } from '../history/event.ts';
import { recordsInto } from './reads.ts';
import type { RunOptions } from './run-options.ts';
import { SCANS } from './scan.ts';

/** So long nothing more has come when the consumers are taken to have read everything that they are given. */
const QUIET_MS = 3_000;
const LOOK_MS = 100;
/** One that has handed out nothing yet may still be on its way into its group. */
const PATIENCE_MS = 30_000;

/**
 * Consumers of a client library, which read the whole topic while the run goes on, or when the load is over. How far one came in a partition is where the
 * last record was that it handed out: kept does not see what the library has left out behind it.
 *
 * @returns has them read on until nothing more comes, ends them, and resolves when each has said how far it came.
 */
export function startLibraryConsumers(
  options: Pick<RunOptions, 'world' | 'scenario' | 'recorder' | 'decode' | 'abort'>,
  record: (event: Event) => void,
): () => Promise<void> {
  const { world, scenario, abort } = options;
  const { clock, consumerName: client } = world;
  if (client === undefined) throw new TypeError('this world has no consumers of a library');
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, abort]);
  let lastNs = 0;
  const silent = new Set(Array.from({ length: scenario.consumers }, (_, index) => index));
  let stopping: Promise<void> | null = null;

  const follow = async (index: number): Promise<void> => {
    const scan = SCANS.firstConsumer + index;
    const invokeNs = clock.nowNs();
    const put = recordsInto(options, scan);
    const positions = new Array<number>(scenario.topic.partitions).fill(0);
    const reader = world.openConsumer!(index);
    const error = await reader.follow((records: readonly Fetched[]) => {
      lastNs = clock.nowNs();
      silent.delete(index);
      put(records);
      for (const { partition, offset } of records)
        positions[partition] = Math.max(positions[partition] ?? 0, offset + 1);
    }, signal);
    silent.delete(index);
    for (const [partition, end] of positions.entries()) {
      record({
        type: 'scan',
        scan,
        name: `consumer ${index + 1}`,
        partition,
        from: 0,
        end,
        covered: error === null,
        final: false,
        invokeNs,
        completeNs: clock.nowNs(),
        ...(error !== null && { reason: error }),
        ...(scenario.consumer?.isolation === 'read_committed' && { isolation: 'read_committed' }),
        client,
      });
    }
  };
  const start = () =>
    Promise.allSettled(Array.from({ length: scenario.consumers }, (_, index) => follow(index)));
  let following = scenario.consumer?.when === 'afterwards' ? null : start();

  const stop = async (): Promise<void> => {
    following ??= start();
    const askedNs = clock.nowNs();
    const isQuiet = () =>
      silent.size === 0 && clock.nowNs() - Math.max(lastNs, askedNs) >= QUIET_MS * NS_PER_MS;
    const isLate = () => clock.nowNs() - askedNs >= PATIENCE_MS * NS_PER_MS;
    while (!signal.aborted && !isQuiet() && !isLate()) await clock.sleep(LOOK_MS, signal);
    ending.abort();
    await following;
  };
  return () => (stopping ??= stop());
}
