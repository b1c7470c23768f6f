import { join } from 'node:path';
import { join as joinThere } from 'node:path/posix';
import { Failure } from '../core/failure.ts';
import { realClock } from '../core/clock.ts';
import { freshId, seededRandom } from '../core/random.ts';
import { resolveTarget } from '../control/ssh/client-config.ts';
import { parseHost } from '../control/ssh/host.ts';
import { createSshLab, type SshLab } from '../control/ssh/lab.ts';
import { SECRETS } from '../control/ssh/secrets.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { NODES_DIRECTORY } from '../history/layout.ts';
import { kafkaInfo, kafkaWorld } from './kafka.ts';
import { copyLogs } from './log-copies.ts';
import { loadHostsIn } from './ssh-load-hosts.ts';
import type { SshNodePlan, SshPlan } from './plan.ts';
import type { Setting, Stage } from './stage.ts';

/** Real Kafka on hosts behind SSH. */
export function sshStage(plan: SshPlan, setting: Setting): Stage {
  const clock = realClock();
  return {
    clock,
    info: kafkaInfo('ssh', plan.distribution),
    async build({ encode, record }) {
      const planned = planNodes(setting.mode, setting.scenario.brokers);
      const { clients = [] } = plan;
      const targetOf = (host: string) => resolveTarget(parseHost(host), process.env);
      const lab = await createSshLab({
        nodes: [
          ...plan.nodes.map(({ name, host, ports, onlyAnswers }) => ({
            name,
            target: targetOf(host),
            ports,
            onlyAnswers,
          })),
          ...clients.map(({ name, host }) => ({
            name,
            target: targetOf(host),
            ports: [],
            onlyAnswers: false,
          })),
        ],
        run: setting.run ?? freshId(),
        parent: plan.dataDirectory,
        cuts: plan.cuts,
        acceptNew: plan.acceptNew,
        secrets: SECRETS,
        note: (text) => record({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text }),
        clock,
      });
      const place = lab.place;
      try {
        await Promise.all(plan.nodes.map((node) => linkPrograms(lab, node)));
      } catch (error) {
        await lab.close();
        throw error;
      }
      const logs = join(setting.directory, NODES_DIRECTORY);
      const lastCopies = copyLogs(
        planned.map(({ name }) => ({
          name,
          files: lab.nodes.get(name)!.files,
          directory: joinThere(place, NODES_DIRECTORY, name),
        })),
        logs,
        clock,
      );
      return kafkaWorld({
        ...setting,
        lab: {
          ...lab,
          net: lab.net === null ? null : { ...lab.net, clients: clients.map(({ name }) => name) },
          async close() {
            await lastCopies();
            await lab.close();
          },
        },
        distribution: {
          ...plan.distribution,
          directory: joinThere(place, 'libs'),
          java: { ...plan.distribution.java, path: joinThere(place, 'java') },
        },
        local: plan.local,
        directory: place,
        loadHosts: loadHostsIn(lab, clients),
        dataDirectory: joinThere(place, 'data'),
        logsDirectory: logs,
        clock,
        random: seededRandom(setting.seed),
        encode,
        onEvent: record,
      });
    },
  };
}

const LINK = 'ln -sfn "$2" "$1/java" && ln -sfn "$3" "$1/libs"';

/** Wherever a host has them, its nodes find Java and Kafka at the same two places. */
async function linkPrograms(lab: SshLab, { name, java, libs }: SshNodePlan): Promise<void> {
  const { exitStatus, stderr } = await lab.nodes
    .get(name)!
    .exec(['sh', '-c', LINK, 'sh', lab.place, java, libs], { timeoutMs: 10_000 });
  if (exitStatus !== 0) throw new Failure(`${lab.place} on ${name} cannot be used: ${stderr}`);
}
