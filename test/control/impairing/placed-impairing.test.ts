import test from 'ava';
import type { Impaired } from '../../../src/control/impairing/impairing.ts';
import { placedImpairing, type Places } from '../../../src/control/impairing/placed-impairing.ts';
import { Failure } from '../../../src/core/failure.ts';

/** What is told to which place, where it fails half-way, and that nothing is left. */
const ABLE = 'iptables works\nnft none\ntc works\n';

function made(more: Partial<Places> & { fails?: (place: string, script: string) => boolean } = {}) {
  const told: string[] = [];
  const scripts: string[] = [];
  const what = (script: string) =>
    /try_tc/.test(script)
      ? 'asked'
      : /iptables-restore/.test(script)
        ? 'lost'
        : /-v -S/.test(script)
          ? 'read'
          : /tc filter add/.test(script)
            ? `late ${/delay (\S+)/.exec(script)?.[1]}`
            : /device_to/.test(script)
              ? 'in time'
              : 'lifted';
  const impairing = placedImpairing({
    run: 'lab',
    nodeAddresses: ['10.0.0.1', '10.0.0.2'],
    async execute(place, script) {
      told.push(`${place}: ${what(script)}`);
      scripts.push(script);
      const isRefused = more.fails?.(place, script) === true;
      const stdout = /try_tc/.test(script) ? ABLE : '';
      return { exitStatus: isRefused ? 1 : 0, stdout, stderr: isRefused ? 'No buffer space.' : '' };
    },
    nameOf: (place) => place,
    lost: ({ from, to }) => [{ place: to, match: { chain: 'in', peer: { address: from } } }],
    delayed: ({ from, to }) => [{ place: from, match: { chain: 'out', peer: { address: to } } }],
    emptyNetwork: '',
    areAlike: true,
    ...more,
  });
  return { impairing, told, scripts };
}

const LINKS = [
  { from: 'a', to: 'b' },
  { from: 'b', to: 'a' },
];
const LOSS = { kind: 'loss', percent: 10 } as const;
const delay = (delayMs: number) => ({ kind: 'delay', delayMs, jitterMs: 0 }) as const;

test('places that are alike are asked once, others each', async (t) => {
  for (const areAlike of [true, false]) {
    const { impairing, told } = made({ areAlike });
    t.deepEqual(await impairing.can('loss', LINKS), { answer: 'yes' });
    t.deepEqual(await impairing.can('delay', LINKS), { answer: 'yes' });
    t.is(told.length, areAlike ? 1 : 2);
  }
});

test('a loss is set where packets arrive, and lifted once', async (t) => {
  const { impairing, told } = made();
  const loss = await impairing.impair(LOSS, LINKS);
  await loss.lift();
  await loss.lift();
  await impairing.liftAll();
  t.deepEqual(told.slice(1), ['b: lost', 'a: lost', 'b: lifted', 'a: lifted']);
});

test('a loss that one place refuses is taken back from the other', async (t) => {
  const { impairing, told } = made({ fails: (place, script) => place === 'a' && script.includes('restore') });
  await t.throwsAsync(impairing.impair(LOSS, LINKS), {
    instanceOf: Failure,
    message: 'The links of a could not be changed: No buffer space.',
  });
  t.deepEqual(told.slice(-2).toSorted(), ['a: lifted', 'b: lifted']);
});

test('what is late twice is late by both, and by the rest once one is lifted', async (t) => {
  const { impairing, told } = made();
  const link = [LINKS[0]!];
  const first = await impairing.impair(delay(100), link);
  const second = await impairing.impair(delay(50), link);
  await first.lift();
  await second.lift();
  t.deepEqual(told, ['a: late 100ms', 'a: late 150ms', 'a: late 50ms', 'a: in time']);
});

test('a lift that failed is still to be done, and the final heal does it', async (t) => {
  let isBroken = false;
  const { impairing, told } = made({ fails: () => isBroken });
  const loss: Impaired = await impairing.impair(LOSS, LINKS);
  const late = await impairing.impair(delay(5), [LINKS[0]!]);
  isBroken = true;
  await t.throwsAsync(loss.lift(), { instanceOf: Failure });
  await t.throwsAsync(late.lift(), { instanceOf: Failure });
  isBroken = false;
  const before = told.length;
  await impairing.liftAll();
  t.deepEqual(told.slice(before).toSorted(), ['a: in time', 'a: lifted', 'b: lifted']);
});

test('what something has taken away from a place is set again there', async (t) => {
  const { impairing, told } = made();
  await impairing.impair(LOSS, LINKS);
  await impairing.impair(delay(5), LINKS);
  const before = told.length;
  await impairing.restore('a');
  t.deepEqual(told.slice(before), ['a: lost', 'a: late 5ms']);
});

test('why a link cannot be impaired is the answer, before any place is asked', async (t) => {
  const no = { answer: 'no', because: 'it is far away', hint: 'come nearer' } as const;
  const { impairing, told } = made({ delayed: () => no });
  t.deepEqual(await impairing.can('delay', LINKS), no);
  await t.throwsAsync(impairing.impair(delay(5), LINKS), { message: 'it is far away.' });
  t.deepEqual(told, []);
});
