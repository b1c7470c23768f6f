import test from 'ava';
import { EXIT, Failure } from '../../../src/core/failure.ts';
import type { ImpairOptions } from '../../../src/cli/lab/actions.ts';
import { parseLength, parsePercent } from '../../../src/cli/lab/amounts.ts';
import { flakyFault, slowFault } from '../../../src/cli/lab/impair-actions.ts';
import type { Session } from '../../../src/hand/session.ts';

/** `slow` and `flaky` as words: which links are meant, and how much. */
const session = {
  world: {
    nodes: ['kafka1', 'kafka2', 'zookeeper'].map((name, index) => ({
      name,
      id: index < 2 ? index + 1 : null,
    })),
    db: {
      view: async () => ({
        observers: {
          kafka1: { controller: 1, partitions: [{ partition: 0, leader: 1, epoch: 0, isr: [1] }] },
        },
      }),
    },
  },
} as unknown as Session;
const words = (line: string) => line.split(' ');
const flaky = (line: string, options: ImpairOptions = {}) => flakyFault(session, words(line), options);
const refused = async (t: { throwsAsync: Function }, work: Promise<unknown>) =>
  (await t.throwsAsync(work, { instanceOf: Failure })) as Failure;

test('one node is meant with the rest of the cluster, two nodes with each other', async (t) => {
  const both = { kind: 'loss', direction: 'both' } as const;
  t.deepEqual(await flaky('kafka1'), { ...both, target: 'kafka1', peers: 'cluster', percent: 20 });
  t.deepEqual(await flaky('kafka1 kafka2 5%'), { ...both, target: 'kafka1', peers: 'kafka2', percent: 5 });
  t.deepEqual(await flaky('leader kafka2 2.5', { oneWay: true }), {
    kind: 'loss',
    target: 'leader',
    peers: 'kafka2',
    direction: 'outbound',
    percent: 2.5,
  });
});

test('the workers’ place is always the other end, whichever is named first', async (t) => {
  const loss = { kind: 'loss', target: 'kafka1', peers: 'client', percent: 20 } as const;
  t.deepEqual(await flaky('client kafka1', { oneWay: true }), { ...loss, direction: 'inbound' });
  t.deepEqual(await flaky('kafka1 client', { oneWay: true }), { ...loss, direction: 'outbound' });
  t.deepEqual(await flaky('client kafka1'), { ...loss, direction: 'both' });
});

test('a delay has a length, and perhaps a jitter', async (t) => {
  const delay = { kind: 'delay', target: 'kafka1', peers: 'cluster', direction: 'both' } as const;
  t.deepEqual(await slowFault(session, ['kafka1'], {}), { ...delay, delayMs: 100, jitterMs: 0 });
  t.deepEqual(await slowFault(session, ['kafka1', '1.5s'], { jitter: 20 }), {
    ...delay,
    delayMs: 1_500,
    jitterMs: 20,
  });
});

test('amounts that mean nothing are refused in a sentence', (t) => {
  t.is(parsePercent('20%'), 20);
  t.is(parseLength('200'), 200);
  for (const word of ['0%', '100%', '20ms', '1e2'])
    t.is(t.throws(() => parsePercent(word), { instanceOf: Failure }).exitStatus, EXIT.usage, word);
  for (const word of ['0', '61s', '20%', '5h'])
    t.is(t.throws(() => parseLength(word), { instanceOf: Failure }).exitStatus, EXIT.usage, word);
});

test('words that name no link are refused', async (t) => {
  t.regex((await refused(t, flaky('kafka1 kafka1'))).message, /same node/);
  t.regex((await refused(t, flaky('client'))).message, /which node/);
  t.regex((await refused(t, flaky('client client'))).message, /./);
  t.regex((await refused(t, flaky('20%'))).message, /one node or two/);
  t.regex((await refused(t, flaky('kafka1 kafka2 zookeeper'))).message, /one node or two/);
  t.regex((await refused(t, flaky('kafka9'))).message, /kafka9/);
});
