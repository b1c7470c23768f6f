import { OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import { carryOut } from '../../src/run/carry-out.ts';
import { terminalReporter } from '../../src/cli/terminal-reporter.ts';
import type { Plan } from '../../src/run/plan.ts';
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
const plan: Plan = {
  run: 'stuck',
  scenario: scenarioSchema.parse({ name: 'stuck', title: 'Stuck' }),
  client: OWN_CLIENT,
  schedule: [],
  seed: 1,
  claim: 'kept',
  mode: 'zookeeper',
  world: { kind: 'simulated', bug: null, because: null },
  directory,
  json: false,
  quiet: false,
  command: [],
};
process.exitCode = await carryOut(plan, terminalReporter, {
  stage: {
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
  },
});
process.exit();
