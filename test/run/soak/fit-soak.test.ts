import test from 'ava';
import { EXIT, Failure } from '../../../src/core/failure.ts';
import { MIX_KINDS } from '../../../src/nemesis/schedule.ts';
import { assertConsent } from '../../../src/run/consent.ts';
import { scheduleOf } from '../../../src/run/prepare.ts';
import { fitSoak, isDrawn, strikesOf } from '../../../src/run/soak/fit-soak.ts';
import { SOAK } from '../../../src/scenario/catalog/soak.ts';
import { scenarioSchema, type Scenario } from '../../../src/scenario/schema.ts';

/** Each period of a soak draws its own faults: what its lab must be able to do is not in any one schedule. */
const { scenario } = SOAK;
const withMix = (mix: readonly (typeof MIX_KINDS)[number][]): Scenario => {
  const { nemesis } = scenario;
  return 'random' in nemesis
    ? { ...scenario, nemesis: { random: { ...nemesis.random, mix: [...mix] } } }
    : scenario;
};
const ofKind = (kind: string) => strikesOf(withMix([kind as 'kill']), []).map(({ fault }) => fault.kind);

test('every kind that a period of a soak may draw is asked about, whatever its first schedule holds', (t) => {
  t.deepEqual(
    strikesOf(scenario, []).map(({ id }) => id),
    [...MIX_KINDS],
  );
  t.deepEqual(ofKind('one-way'), ['isolate'], 'as the fault that it is a form of');
  const other = scenarioSchema.parse({ name: 'no-soak' });
  const schedule = scheduleOf(other, 1);
  t.is(strikesOf(other, schedule), schedule, 'any other run strikes as its schedule says');
});

test('kinds that the lab cannot do are left out of the catalogue’s mix, and told', async (t) => {
  const cannot = async (schedule: ReturnType<typeof strikesOf>) => {
    if (schedule.some(({ fault }) => fault.kind === 'delay')) throw new Failure('no tc here');
  };
  const fitted = await fitSoak(scenario, cannot);
  t.deepEqual(fitted.soak?.soak.leftOut, [{ kind: 'delay', because: 'no tc here' }]);
  t.false(strikesOf(fitted.scenario, []).some(({ id }) => id === 'delay'));
  t.is((await fitSoak(withMix(['kill', 'delay']), cannot)).soak?.soak.leftOut.length, 0, 'asked for: no');
});

test('a soak on nodes that are not our own needs consent, though its first schedule is empty, and names its kinds', (t) => {
  let said = '';
  const ask = (of: Scenario, consent: boolean) =>
    assertConsent(
      { nodes: ['a', 'b'], means: 'the command ./hook.sh' },
      { schedule: strikesOf(of, []), isDrawn: isDrawn(of), consent, say: (text) => (said += text) },
    );
  const failure = t.throws(() => ask(withMix(['kill', 'one-way']), false), { instanceOf: Failure });
  t.is(failure.exitStatus, EXIT.usage);
  t.regex(said, /nodes: a, b\n.*hook\.sh\n.*drawn anew for each period until the soak ends[^]*kill, one-way/);
  t.notThrows(() => ask(withMix(['kill']), true));
  t.notThrows(() => ask({ ...scenario, nemesis: { script: [], keepBrokersUp: 0 } }, false), 'no faults');
});
