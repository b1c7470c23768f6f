import test from 'ava';
import { runOf } from '../../src/history/memory.ts';
import type { Event } from '../../src/history/event.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import type { Finding } from '../../src/checker/result.ts';
import { storyOf } from '../../src/report/text/story.ts';
import { acked, CONSUMER, consumed, leads, S, truncated } from '../checker/story.ts';
import { resultOf } from './scenes.ts';

/** Five brokers; partition 0 is on kafka1 to kafka3, and partition 1 on kafka3 to kafka5. */
const nodes: NodeInfo[] = [1, 2, 3, 4, 5].map((id) => ({
  name: `kafka${id}`,
  id,
  roles: ['broker'],
  address: `192.0.2.${id}`,
}));
const kill = (id: string, at: number, node: string): Event => ({
  type: 'fault-start',
  id,
  fault: { kind: 'kill', target: node },
  requestedNs: at * S,
  timeNs: at * S,
  targets: [node],
  links: [],
  evidence: 'seen',
});
const scan = (more: Partial<Extract<Event, { type: 'scan' }>>): Event => ({
  type: 'scan',
  scan: 0,
  name: 'final',
  partition: 0,
  from: 0,
  end: 1,
  covered: true,
  final: true,
  invokeNs: 30 * S,
  completeNs: 31 * S,
  ...more,
});
const lost = (partition: number, value: string, count: number): Finding => ({
  kind: 'lost-after-read',
  loss: 'truncated',
  partition,
  count,
  judgement: 'violation',
  reason: 'nothing permits this',
  blame: 'broker',
  values: '',
  endedBy: 'kafka2 became leader in epoch 1 from offset 1 at 5.0 s',
  examples: [{ value, ackedOffset: 1 }],
});

function story(events: Event[], findings = [lost(0, 'w0:1', 2), lost(1, 'w1:0', 1)]): string {
  const writes = [
    acked('0:0', 0, { at: 1 }),
    acked('0:1', 1, { at: 2 }),
    acked('1:0', 0, { at: 2, partition: 1, broker: 4 }),
  ];
  const run = runOf({
    info: { nodes, partitions: 2 },
    writes,
    reads: [consumed(1, '0:1', { at: 3 }), consumed(0, '1:0', { at: 3, partition: 1 })],
    events: [
      leads(1, 0, 0.5, { isr: [1, 2, 3] }),
      leads(4, 0, 0.6, { partition: 1, isr: [3, 4, 5] }),
      kill('f1', 4, 'kafka1'),
      kill('f2', 4.5, 'kafka5'),
      leads(2, 1, 5, { isr: [2, 3], startOffset: 1 }),
      ...events,
      scan({ scan: CONSUMER, name: 'audit', final: false, end: 2, invokeNs: 2 * S, completeNs: 20 * S }),
      scan({}),
    ],
  });
  return storyOf(run, resultOf(run, writes, findings, [])).join('\n');
}

test('a story keeps to the partition of the gravest finding, and to the nodes that matter for it', (t) => {
  const text = story([]);
  t.regex(text, /kafka1 killed at 4\.0 s/);
  t.notRegex(text, /kafka4|kafka5|w1:0|w1 writes/);
  t.regex(text, /1 finding in other partitions: not told here/);
  t.regex(
    text,
    /in the end, lost after read: w0:1 \(and 1 more\); kafka2 became leader .* \(violation: nothing/,
  );
  // The controller matters wherever it is.
  t.regex(story([{ type: 'controller', timeNs: S, observer: 'kafka1', controller: 5 }]), /kafka5 killed/);
});

test('the reader stands in it, and what the final scan did not return', (t) => {
  const text = story([
    {
      type: 'reset',
      timeNs: 9 * S,
      scan: CONSUMER,
      partition: 0,
      from: 2,
      to: 1,
      reason: 'the log ends at 1',
    },
  ]);
  t.regex(text, /the reader “audit” is given w0:1 at offset 1 at 3\.0 s/);
  t.regex(text, /the reader “audit” goes on from offset 1 instead of 2 \(the log ends at 1\) at 9\.0 s/);
  t.regex(text, /the final scan reads from offset 0 to the end 1 and is not given w0:1 at 30\.0 s/);
});

test('each truncation has its reason, as far as it is known', (t) => {
  const cut = (node: string, at: number, text = 'Truncating') => ({ ...truncated(node, 1, at), text });
  t.regex(
    story([cut('kafka3', 6, '[partition 0] Truncating to offset 1, from 2')]),
    /kafka3 follows kafka2 \(epoch 1, from offset 1\) and cuts its log to offset 1 \(it had ended at 2\) at 6\.0 s/,
  );
  // The sample that tells of the leader may come a moment later than the cut.
  t.regex(story([cut('kafka3', 4.6)]), /kafka3 follows kafka2 .* at 4\.6 s/);
  t.regex(story([cut('kafka2', 8)]), /kafka2 cuts its log to offset 1 \(why, the history does not tell\)/);
  const starting: Event = { type: 'node', timeNs: 7 * S, node: 'kafka2', state: 'starting' };
  t.regex(story([starting, cut('kafka2', 8)]), /kafka2 comes back with what its disk holds and cuts its log/);
  t.notRegex(story([{ ...cut('kafka4', 6), partition: 1 }]), /cuts its log/);
});
