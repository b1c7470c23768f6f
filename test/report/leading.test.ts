import test from 'ava';
import { fc } from '@fast-check/ava';
import { leadingByPartition, livesOf } from '../../src/report/timeline/leading.ts';
import { processesOf } from '../../src/report/timeline/processes.ts';
import type { NodeEvent, ViewEvent } from '../../src/history/event.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import { effort } from '../oracle/effort.ts';
import * as oracle from '../oracle/leaders.ts';
import { holds } from '../holds.ts';

/**
 * What the picture and the text say of leaders: each broker's own opinion, while its process runs. Found in one way
 * through the views here, and by looking through all of them for each moment there.
 */
const END_NS = 30;
const nodes: NodeInfo[] = [1, 2].map((id) => ({
  name: `kafka${id}`,
  id,
  roles: ['broker'],
  address: `192.0.2.${id}`,
}));
const time = fc.integer({ min: 0, max: END_NS - 1 });
const view = fc.record({
  type: fc.constant('view' as const),
  timeNs: time,
  observer: fc.constantFrom('kafka1', 'kafka2', 'log:kafka1', 'log:kafka2'),
  partition: fc.constantFrom(0, 1),
  leader: fc.integer({ min: -1, max: 2 }),
  epoch: fc.option(fc.integer({ min: 0, max: 4 })),
  isr: fc.constant<number[]>([1, 2]),
});
const change = fc.record({
  type: fc.constant('node' as const),
  timeNs: time,
  node: fc.constantFrom('kafka1', 'kafka2'),
  state: fc.constantFrom('down' as const, 'starting' as const, 'up' as const, 'paused' as const),
});

test('a broker leads while it says so and lives, and is a zombie from when another one leads beside it', (t) => {
  const inTime = <Each extends { timeNs: number }>(events: readonly Each[]) =>
    events.toSorted((a, b) => a.timeNs - b.timeNs);
  holds(
    t,
    fc.property(
      fc.array(view, { maxLength: 12 }),
      fc.array(change, { maxLength: 8 }),
      (views: ViewEvent[], changes: NodeEvent[]) => {
        const found = leadingByPartition(nodes, [...changes, ...views], END_NS);
        t.deepEqual(new Set(found.keys()), new Set(views.map(({ partition }) => partition)));
        const lives = livesOf(processesOf(nodes, inTime(changes), END_NS));
        for (const [partition, lanes] of found) {
          const own = inTime(views.filter((each) => each.partition === partition));
          for (const { node, leading } of lanes) {
            for (let timeNs = 0; timeNs < END_NS; timeNs++) {
              const span = leading.find(({ fromNs, toNs }) => fromNs <= timeNs && timeNs < toNs);
              t.is(span?.epoch, oracle.claimAt(node, own, lives.get(node.name)!, timeNs));
            }
            const others = lanes.filter((lane) => lane.node !== node).flatMap((lane) => lane.leading);
            for (const span of leading) {
              const isWaking = stateAt(changes, node.name, span.fromNs - 1) === 'paused';
              t.is(span.zombieFromNs, oracle.zombieFrom(span, others, isWaking));
              for (let timeNs = span.fromNs; timeNs < span.toNs; timeNs++)
                t.is(stateAt(changes, node.name, timeNs), 'up');
            }
          }
        }
      },
    ),
    effort(500),
  );
});

/** What the history says of a process at a moment; before its first word it is up, unless that one starts it. */
function stateAt(changes: readonly NodeEvent[], name: string, timeNs: number): NodeEvent['state'] {
  const own = changes.filter(({ node }) => node === name).toSorted((a, b) => a.timeNs - b.timeNs);
  const before = own.filter((each) => each.timeNs <= timeNs);
  return before.at(-1)?.state ?? (own[0]?.state === 'starting' ? 'starting' : 'up');
}
