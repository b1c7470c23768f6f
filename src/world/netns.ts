import { realClock } from '../core/clock.ts';
import { seededRandom } from '../core/random.ts';
import { createLab } from '../control/netns/lab.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { kafkaInfo, kafkaWorld } from './kafka.ts';
import type { NetnsPlan } from './plan.ts';
import type { Setting, Stage } from './stage.ts';

/** In the lab's own memory file system: gone with the lab, whatever happens to it. */
const LAB_DATA = '/run/kept-data';

/** Real Kafka in network namespaces. To be built inside the namespaces that `enterLab` makes. */
export function netnsStage({ distribution, dataDirectory }: NetnsPlan, setting: Setting): Stage {
  const clock = realClock();
  return {
    clock,
    info: kafkaInfo('netns', distribution),
    build: async ({ encode, record }) =>
      kafkaWorld({
        ...setting,
        lab: await createLab(planNodes(setting.mode, setting.scenario.brokers)),
        distribution,
        dataDirectory: dataDirectory ?? LAB_DATA,
        clock,
        random: seededRandom(setting.seed),
        encode,
        onEvent: record,
      }),
  };
}
