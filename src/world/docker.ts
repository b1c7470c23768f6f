import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { realClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { clientHosts } from '../core/link.ts';
import { freshId, seededRandom } from '../core/random.ts';
import { openEngine } from '../control/docker/engine.ts';
import { createDockerLab } from '../control/docker/lab.ts';
import { OUTSIDE_PORT } from '../db/kafka/config.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { NODES_DIRECTORY } from '../history/layout.ts';
import { behindProxy } from './behind-proxy.ts';
import { kafkaInfo, kafkaWorld } from './kafka.ts';
import { loadHostsOf } from './load-hosts.ts';
import type { DockerPlan } from './plan.ts';
import type { Setting, Stage } from './stage.ts';

/** On each node: its configuration and its log, below the name that they have in a run directory. */
const ON_NODE = '/kept';
/** On a host of the load: what it is given, and what it tells until it is fetched. */
const LOAD_ON_NODE = '/kept/load';
/** On each node, in memory: its records. */
const DATA_ON_NODE = '/kept-data';

/** Real Kafka in containers. */
export function dockerStage({ distribution, image, local, reach }: DockerPlan, setting: Setting): Stage {
  const clock = realClock();
  return {
    clock,
    info: { ...kafkaInfo('docker', distribution), ...(local === null && { image }) },
    async build({ encode, record }) {
      const nodes = planNodes(setting.mode, setting.scenario.brokers);
      const { hosts } = setting.scenario.load;
      const clients = clientHosts(typeof hosts === 'number' ? hosts : 0);
      const made = await createDockerLab({
        clients,
        engine: await openEngine(),
        run: setting.run ?? freshId(),
        image,
        nodes: nodes.map(({ name, roles }) => ({
          name,
          ...(roles.includes('broker') && { port: OUTSIDE_PORT }),
        })),
        ...(reach !== undefined && { reach }),
        inMemory: [DATA_ON_NODE],
        say: () => undefined,
      });
      const lab = await behindProxy(made, { ...setting, clock });
      record({ type: 'note', timeNs: clock.nowNs(), about: 'information', text: lab.account });
      const logs = join(setting.directory, NODES_DIRECTORY);
      return kafkaWorld({
        ...setting,
        lab: {
          ...lab,
          /** The containers take their files along, so what a person may want to read is fetched first. */
          async close() {
            const lost: string[] = [];
            // Where the run's directory has vanished, nothing takes its place.
            if (existsSync(setting.directory)) {
              await mkdir(logs, { recursive: true });
              await Promise.all(
                nodes.map(({ name }) =>
                  lab.fetch(name, `${ON_NODE}/${NODES_DIRECTORY}/${name}`, logs).catch(() => lost.push(name)),
                ),
              );
            }
            await lab.close();
            if (lost.length > 0)
              throw new Failure(`the logs of ${lost.join(', ')} could not be fetched from the containers`);
          },
        },
        loadHosts: await loadHostsOf(lab, { names: clients, directory: LOAD_ON_NODE }),
        distribution,
        local,
        directory: ON_NODE,
        dataDirectory: DATA_ON_NODE,
        logsDirectory: logs,
        clock,
        random: seededRandom(setting.seed),
        encode,
        onEvent: record,
      });
    },
  };
}
