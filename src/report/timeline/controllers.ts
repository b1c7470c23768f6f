import { countBelow } from '../../core/sorted.ts';
import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { NodeInfo } from '../../history/run.ts';
import { ASKED_WITHIN_NS, type ProcessSpan } from './processes.ts';
import type { Change } from './spans.ts';

/**
 * The controller that most nodes name, -1 for none; a stale answer of a node that is cut off is outvoted. Only nodes that
 * run have a vote, and only a node that runs can be the controller: what one said before it died, fell asleep or began to
 * start counts again when it runs, unless it says something else as soon as it is asked. What a node writes into its own log is its vote too.
 * @param events in the order of time.
 */
export function controllerOver(
  nodes: readonly NodeInfo[],
  events: readonly Event[],
  processes: ReadonlyMap<string, readonly ProcessSpan[]>,
): Change<number>[] {
  const told = eventsOf(events, 'controller');
  const moments: { timeNs: number; apply: () => void }[] = told.map((event) => ({
    timeNs: event.timeNs,
    apply: () => {
      const voter = nodeOf(event.observer);
      // Anew, so that the latest vote stands last.
      votes.delete(voter);
      votes.set(voter, event.controller);
    },
  }));
  const votes = new Map<string, number>();
  const resting = new Set<string>();
  const names = new Map(nodes.flatMap(({ id, name }) => (id === null ? [] : [[id, name] as const])));
  for (const [name, spans] of processes) {
    const own = told.filter(({ observer }) => nodeOf(observer) === name).map(({ timeNs }) => timeNs);
    for (const [index, { fromNs, state }] of spans.entries()) {
      const isRestart = index > 0 && spans[index - 1]!.state !== 'paused';
      const nextNs = own[countBelow(own, fromNs)] ?? Infinity;
      const speaksSoon = nextNs > fromNs && nextNs < fromNs + ASKED_WITHIN_NS;
      moments.push({
        timeNs: fromNs,
        apply() {
          if (state !== 'up') resting.add(name);
          else resting.delete(name);
          if (state === 'up' && isRestart && speaksSoon) votes.delete(name);
        },
      });
    }
  }
  const changes: Change<number>[] = [];
  for (const { timeNs, apply } of moments.toSorted((a, b) => a.timeNs - b.timeNs)) {
    apply();
    changes.push({ timeNs, value: winnerOf(votes, (node) => resting.has(node), names) });
  }
  return changes;
}

const nodeOf = (observer: string) => observer.replace(/^log:/, '');

/** Of equally many votes the latest one wins. */
function winnerOf(
  votes: ReadonlyMap<string, number>,
  isResting: (node: string) => boolean,
  names: ReadonlyMap<number, string>,
): number {
  const counts = new Map<number, number>();
  for (const [voter, controller] of votes) {
    if (isResting(voter) || (names.has(controller) && isResting(names.get(controller)!))) continue;
    const count = counts.get(controller) ?? 0;
    counts.delete(controller);
    counts.set(controller, count + 1);
  }
  let winner = -1;
  let most = 0;
  for (const [controller, count] of counts) if (count >= most) [winner, most] = [controller, count];
  return winner;
}
