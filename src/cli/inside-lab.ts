import { resolve } from 'node:path';
import { realClock } from '../core/clock.ts';
import { seededRandom } from '../core/random.ts';
import { realWorld } from '../world/real.ts';
import { carryOut } from './carry-out.ts';
import { TOPIC, type Plan } from './plan.ts';
import { keptVersion } from './version.ts';

/** In the lab's own memory file system: gone with the lab, whatever happens to it. */
const LAB_DATA = '/run/kept-data';

/**
 * The part of `kept run` that happens inside the lab's namespaces: build the cluster, run, take it down, decide.
 * @returns the exit status.
 */
export function runInsideLab(plan: Plan): Promise<number> {
  const { scenario, distribution, mode } = plan;
  const clock = realClock();
  return carryOut(plan, {
    clock,
    build: ({ encode, record }) =>
      realWorld({
        scenario,
        distribution,
        mode,
        topic: TOPIC,
        clock,
        random: seededRandom(plan.seed),
        encode,
        directory: resolve(plan.directory),
        dataDirectory: plan.dataDirectory === null ? LAB_DATA : resolve(plan.dataDirectory),
        powerLoss: plan.schedule.some(({ fault }) => fault.kind === 'power-loss'),
        onEvent: record,
      }),
    info: {
      world: 'real',
      versions: {
        kept: keptVersion(),
        kafka: distribution.version,
        java: distribution.java.version,
        jars: distribution.jars,
      },
    },
  });
}
