import { carryOut } from '../../src/cli/carry-out.ts';
import type { RunPlan } from '../../src/cli/plan.ts';
import { realClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

/** A run that never gets anywhere: its clients wait for ever, and so does what takes its world down. To be interrupted. */
const never = <T>() => new Promise<T>(() => undefined);
const [directory = '', stuckIn = 'run'] = process.argv.slice(2);
setInterval(() => undefined, 1_000);

const clock = realClock();
const session = {
  open: () => (stuckIn === 'run' ? never<void>() : Promise.reject(new Error('no broker'))),
  close: never,
};
const plan: RunPlan = {
  run: 'stuck',
  scenario: scenarioSchema.parse({ name: 'stuck', title: 'Stuck' }),
  schedule: [],
  seed: 1,
  claim: 'kept',
  mode: 'zookeeper',
  directory,
  json: false,
  quiet: false,
  command: [],
};
process.exitCode = await carryOut(plan, {
  clock,
  info: { world: 'simulated' },
  build: async () =>
    ({
      clock,
      random: seededRandom(1),
      nodes: [],
      db: { nodes: [], setup: async () => process.stderr.write('the cluster is up\n'), observe: never },
      net: { heal: async () => undefined },
      openClient: () => session,
      openReader: () => session,
      close: never,
    }) as never,
});
process.exit();
