import { realClock } from '../core/clock.ts';
import { seededRandom } from '../core/random.ts';
import { clientHosts } from '../core/link.ts';
import { createLab } from '../control/netns/lab.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { behindProxy } from './behind-proxy.ts';
import { kafkaInfo, kafkaWorld } from './kafka.ts';
import { loadHostsOf } from './load-hosts.ts';
import type { NetnsPlan } from './plan.ts';
import type { Setting, Stage } from './stage.ts';

/** In the lab's own memory file system: gone with the lab, whatever happens to it. */
const LAB_DATA = '/run/kept-data';
/** The same for what the hosts of the load are given, and what they tell until it is fetched. */
const LAB_LOAD = '/run/kept-load';

/** Real Kafka in network namespaces. To be built inside the namespaces that `enterLab` makes. */
export function netnsStage({ distribution, dataDirectory }: NetnsPlan, setting: Setting): Stage {
  const clock = realClock();
  return {
    clock,
    info: kafkaInfo('netns', distribution),
    async build({ encode, record }) {
      const { hosts } = setting.scenario.load;
      const clients = clientHosts(typeof hosts === 'number' ? hosts : 0);
      const lab = await behindProxy(
        await createLab(planNodes(setting.mode, setting.scenario.brokers), clients),
        { ...setting, clock },
      );
      return kafkaWorld({
        ...setting,
        lab,
        loadHosts: await loadHostsOf(lab, { names: clients, directory: LAB_LOAD }),
        distribution,
        dataDirectory: dataDirectory ?? LAB_DATA,
        clock,
        random: seededRandom(setting.seed),
        encode,
        onEvent: record,
      });
    },
  };
}
