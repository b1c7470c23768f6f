import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import type { ControllerEvent, NodeEvent } from '../../src/history/event.ts';
import { controllerOver } from '../../src/report/timeline/controllers.ts';
import { lanesOf } from '../../src/report/timeline/lanes.ts';
import { processesOf } from '../../src/report/timeline/processes.ts';
import { killedLeader, NODES } from './scenes.ts';

const END = 30;
const says = (timeNs: number, observer: string, controller: number): ControllerEvent => ({
  type: 'controller',
  timeNs,
  observer,
  controller,
});
const becomes = (timeNs: number, node: string, state: NodeEvent['state']): NodeEvent => ({
  type: 'node',
  timeNs,
  node,
  state,
});
const over = (events: (ControllerEvent | NodeEvent)[]) => {
  const inTime = events.toSorted((a, b) => a.timeNs - b.timeNs);
  return controllerOver(NODES, inTime, processesOf(NODES, inTime, END));
};
const at = (changes: ReturnType<typeof over>, timeNs: number) =>
  changes.findLast((change) => change.timeNs <= timeNs)?.value ?? -1;

test('the dead have no vote, and the dead are no controller', (t) => {
  // As on Kafka 3.9.1: kafka1 is the controller and dies together with kafka3; kafka2 learns of it later.
  const changes = over([
    ...[1, 2, 3].map((id) => says(1, `kafka${id}`, 1)),
    becomes(5, 'kafka1', 'down'),
    becomes(5, 'kafka3', 'down'),
    says(8, 'log:kafka2', 2),
    becomes(10, 'kafka1', 'starting'),
    becomes(12, 'kafka1', 'up'),
  ]);
  t.deepEqual(
    [1, 4, 5, 7, 8, 11, 12].map((timeNs) => at(changes, timeNs)),
    [1, 1, -1, -1, 2, 2, 2],
  );
});

test('what a node said before its death counts again only if it says nothing else when it runs again', (t) => {
  const died = [says(1, 'kafka1', 1), becomes(5, 'kafka1', 'down'), becomes(9, 'kafka1', 'up')];
  t.is(at(over(died), 10), 1);
  t.is(at(over([...died, says(11, 'kafka1', 3)]), 10), -1);
});

test('a paused node neither votes nor controls, and does both again when it goes on', (t) => {
  const changes = over([
    says(1, 'kafka1', 1),
    says(1, 'kafka2', 1),
    becomes(3, 'kafka1', 'paused'),
    becomes(6, 'kafka1', 'up'),
  ]);
  t.deepEqual(
    [2, 3, 5, 6].map((timeNs) => at(changes, timeNs)),
    [1, -1, -1, 1],
  );
});

const time = fc.integer({ min: 0, max: END - 1 });
const vote = fc
  .record({
    timeNs: time,
    observer: fc.constantFrom('kafka1', 'kafka2', 'kafka3', 'log:kafka2', 'somebody'),
    controller: fc.constantFrom(-1, 1, 2, 3, 100),
  })
  .map(({ timeNs, observer, controller }) => says(timeNs, observer, controller));
const change = fc
  .record({
    timeNs: time,
    node: fc.constantFrom('kafka1', 'kafka2', 'kafka3', 'controller1'),
    state: fc.constantFrom('down' as const, 'starting' as const, 'up' as const, 'paused' as const),
  })
  .map(({ timeNs, node, state }) => becomes(timeNs, node, state));

testProp(
  'the controller runs, and no other one has more votes of nodes that run',
  [fc.array(vote, { maxLength: 12 }), fc.array(change, { maxLength: 8 })],
  (t, votes, changes) => {
    const found = over([...votes, ...changes]);
    const runs = (name: string, timeNs: number) => {
      const own = changes.filter(({ node }) => node === name).toSorted((a, b) => a.timeNs - b.timeNs);
      const last = own.findLast((each) => each.timeNs <= timeNs)?.state;
      return (last ?? (own[0]?.state === 'starting' ? 'starting' : 'up')) === 'up';
    };
    const restartsOf = (name: string) =>
      (
        processesOf(
          NODES,
          changes.toSorted((a, b) => a.timeNs - b.timeNs),
          END,
        ).get(name) ?? []
      ).flatMap(({ fromNs, state }, index, spans) =>
        state === 'up' && index > 0 && spans[index - 1]!.state !== 'paused' ? [fromNs] : [],
      );
    const nameOf = (id: number) => NODES.find((node) => node.id === id)?.name;
    for (let timeNs = 0; timeNs < END; timeNs++) {
      const counts = new Map<number, number>();
      for (const voter of ['kafka1', 'kafka2', 'kafka3', 'somebody']) {
        const own = votes
          .filter(({ observer }) => observer.replace('log:', '') === voter)
          .toSorted((a, b) => a.timeNs - b.timeNs);
        const named = own.findLast((each) => each.timeNs <= timeNs)?.controller;
        if (named === undefined || !runs(voter, timeNs)) continue;
        // After a restart the first word counts, and not what was said before.
        const toldNs = own.findLast((each) => each.timeNs <= timeNs)!.timeNs;
        const isStale = restartsOf(voter).some((upNs) => {
          const next = own.find((each) => each.timeNs >= upNs);
          return upNs > toldNs && upNs <= timeNs && next !== undefined && next.timeNs > upNs;
        });
        if (isStale) continue;
        if (nameOf(named) === undefined || runs(nameOf(named)!, timeNs))
          counts.set(named, (counts.get(named) ?? 0) + 1);
      }
      const winner = at(found, timeNs);
      if (counts.size === 0) t.is(winner, -1);
      else t.is(counts.get(winner), Math.max(...counts.values()));
    }
    for (const lane of lanesOf(killedLeader().run.info, [...votes, ...changes], 0, END)) {
      for (const { fromNs, toNs } of lane.controlling)
        for (let timeNs = fromNs; timeNs < toNs; timeNs++) t.true(runs(lane.node.name, timeNs));
    }
  },
  { numRuns: 200 },
);
