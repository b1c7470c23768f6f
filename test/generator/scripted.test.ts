import test from 'ava';
import type { Generator, Op } from '../../src/generator/generator.ts';
import { disorderIn, scripted, type Step } from '../../src/generator/scripted.ts';
import { ANY_PARTITION } from '../../src/history/value.ts';

const write = (worker: number, records = 1): Step => ({ do: 'write', worker, partition: 0, records });

/** All operations, where every worker is free again at once. */
function drain(generator: Generator): Op[] {
  const ops: Op[] = [];
  for (;;) {
    const next = generator.next({ nowNs: 5, free: [0, 1, 2] });
    if (next === null || next === 'pending') return ops;
    ops.push(next[0]);
    generator = next[1];
  }
}

test('each worker counts its writes and its transactions, and a transaction knows how it is to end', (t) => {
  const steps: Step[] = [
    { do: 'begin', worker: 0 },
    write(0, 3),
    write(1),
    { do: 'pause', worker: 0, forMs: 20 },
    { do: 'abort', worker: 0 },
    { do: 'begin', worker: 0 },
    { do: 'write', worker: 0, partition: 2, records: 1, key: '00ff' },
  ];
  const intendedNs = 5;
  t.deepEqual(drain(scripted(steps)), [
    { kind: 'begin', worker: 0, transaction: 0, end: 'abort', intendedNs },
    { kind: 'write', worker: 0, seq: 0, partition: 0, records: 3, intendedNs },
    { kind: 'write', worker: 1, seq: 0, partition: 0, records: 1, intendedNs },
    { kind: 'pause', worker: 0, forMs: 20, intendedNs },
    { kind: 'end', worker: 0, intendedNs },
    // What the script leaves open is committed when the load is over.
    { kind: 'begin', worker: 0, transaction: 1, end: 'commit', intendedNs },
    { kind: 'write', worker: 0, seq: 3, partition: 2, records: 1, key: '00ff', intendedNs },
  ]);
});

test('a step waits for the one before, whichever worker that is', (t) => {
  const [, next] = scripted([write(0), write(1)]).next({ nowNs: 0, free: [0, 1] }) as [Op, Generator];
  t.is(next.next({ nowNs: 0, free: [1] }), 'pending');
  const [op] = next.next({ nowNs: 0, free: [0, 1] }) as [Op, Generator];
  t.is(op.worker, 1);
});

test('the step behind one that does not wait begins at once, and the one behind that waits for both', (t) => {
  const steps: Step[] = [
    { do: 'write', worker: 0, partition: 0, records: 1, wait: false },
    write(0),
    write(0),
  ];
  const [first, second] = scripted(steps).next({ nowNs: 0, free: [0] }) as [Op, Generator];
  t.like(first, { kind: 'write', seq: 0 });
  const [next, third] = second.next({ nowNs: 0, free: [] }) as [Op, Generator];
  t.like(next, { kind: 'write', seq: 1 });
  t.is(third.next({ nowNs: 0, free: [] }), 'pending');
});

test('a call with several records counts each of them, and may leave partitions to the library', (t) => {
  const steps: Step[] = [{ do: 'send', worker: 0, partitions: [2, null, 0] }, write(0)];
  t.like(drain(scripted(steps)), [
    { kind: 'send', worker: 0, seq: 0, partitions: [2, ANY_PARTITION, 0] },
    { kind: 'write', seq: 3 },
  ]);
});

test('a transaction may begin with a new instance', (t) => {
  const begun = drain(scripted([{ do: 'begin', worker: 0, newInstance: true }]));
  t.like(begun, [{ kind: 'begin', newInstance: true }]);
});

const OUT_OF_ORDER: [steps: Step[], told: string][] = [
  [[{ do: 'begin', worker: 0 }, { do: 'begin', worker: 0 }], '1: worker 0 has a transaction open already'],
  [[{ do: 'commit', worker: 0 }], '0: worker 0 has no transaction open'],
  [[{ do: 'begin', worker: 0 }, { do: 'abort', worker: 0 }, write(0)], '2: worker 0 has no transaction open'],
  [[write(1), { do: 'begin', worker: 0 }, write(0), write(1), { do: 'commit', worker: 0 }], ''],
]; // prettier-ignore
for (const [steps, told] of OUT_OF_ORDER) {
  test(`a script of ${steps.map((step) => step.do).join(', ')}: ${told || 'all is in order'}`, (t) => {
    t.is(
      disorderIn(steps)
        .map(({ index, what }) => `${index}: ${what}`)
        .join('; '),
      told,
    );
  });
}
