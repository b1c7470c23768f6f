import { messageOf } from '../core/failure.ts';
import type { Event } from '../history/event.ts';
import { watchEnds, watchViews } from '../runner/watch.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { World } from '../world/world.ts';

/** Observes the cluster on the side, as a run does, until the returned function is called. */
export function watchCluster(
  world: World,
  scenario: Scenario,
  record: (event: Event) => void,
): () => Promise<void> {
  const { db, clock } = world;
  const ending = new AbortController();
  const remark = (error: unknown): void => {
    const text = `The cluster is no longer watched: ${messageOf(error)}`;
    record({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
  };
  const stopLogs = db.watch?.(record) ?? (() => undefined);
  const reader = world.openReader();
  const shared = { clock, record, signal: ending.signal };
  const watches = [
    watchViews({ db, ...shared, onView: () => undefined }).catch(remark),
    reader
      .open()
      .then(() => watchEnds({ reader, partitions: scenario.topic.partitions, ...shared }))
      .catch(remark),
  ];
  return async () => {
    ending.abort();
    stopLogs();
    await reader.close().catch(() => undefined);
    await Promise.all(watches);
  };
}
