import { grouped } from '../../core/words.ts';
import type { Event, LogEvent, ViewEvent } from '../../history/event.ts';
import type { NodeInfo } from '../../history/run.ts';

/** A leader may be told by samples so long after the first consequence of its election. */
const TOLD_WITHIN_NS = 1e9;

/**
 * A truncation with its reason, as far as the history tells it: the broker follows another leader, or comes back with
 * what its disk holds.
 * @param views of the same partition.
 */
export function cutInWords(
  cut: LogEvent & { truncatedTo: number },
  {
    events,
    views,
    nodes,
  }: { events: readonly Event[]; views: readonly ViewEvent[]; nodes: readonly NodeInfo[] },
): string {
  const from = /, from (\d+)$/.exec(cut.text)?.[1];
  const ended = from === undefined ? '' : ` (it had ended at ${grouped(Number(from))})`;
  const what = `cuts its log to offset ${grouped(cut.truncatedTo)}${ended}`;
  const leader = leaderAt(views, cut.timeNs);
  const id = nodes.find(({ name }) => name === cut.node)?.id;
  if (leader !== null && leader.leader !== id) {
    const name = nodes.find((node) => node.id === leader.leader)?.name ?? `broker ${leader.leader}`;
    const epoch = leader.epoch === null ? [] : [`epoch ${leader.epoch}`];
    const start = startOf(views, leader);
    const since = start === undefined ? [] : [`from offset ${grouped(start)}`];
    const known = [...epoch, ...since].join(', ');
    return `${cut.node} follows ${name}${known === '' ? '' : ` (${known})`} and ${what}`;
  }
  if (hasJustStarted(events, cut)) return `${cut.node} comes back with what its disk holds and ${what}`;
  return `${cut.node} ${what} (why, the history does not tell)`;
}

/** Who led then: of the highest epoch, or the last one named where no epochs are told. */
function leaderAt(views: readonly ViewEvent[], timeNs: number): ViewEvent | null {
  let found: ViewEvent | null = null;
  for (const view of views) {
    if (view.leader < 0 || view.timeNs > timeNs + TOLD_WITHIN_NS) continue;
    // A leader without an epoch counts as soon as it is named, and no sooner.
    if (view.epoch === null && view.timeNs > timeNs) continue;
    if (found === null || view.epoch === null || found.epoch === null || view.epoch >= found.epoch)
      found = view;
  }
  return found;
}

function startOf(views: readonly ViewEvent[], { leader, epoch }: ViewEvent): number | undefined {
  return views.findLast(
    (view) => view.leader === leader && view.epoch === epoch && view.startOffset !== undefined,
  )?.startOffset;
}

function hasJustStarted(events: readonly Event[], { node, timeNs }: LogEvent): boolean {
  let state: string | null = null;
  let startedNs = -Infinity;
  for (const event of events) {
    if (event.type !== 'node' || event.node !== node || event.timeNs > timeNs) continue;
    ({ state } = event);
    if (state === 'starting') startedNs = event.timeNs;
  }
  return state === 'starting' || timeNs - startedNs < 5 * TOLD_WITHIN_NS;
}
