import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { grouped, listed } from '../../core/words.ts';
import type { Admin } from '../../client/admin.ts';
import type { EndOffset } from '../../client/client.ts';
import type { Session } from '../../hand/session.ts';
import { partitionsOf } from '../../hand/produce.ts';
import { describeFault } from '../../history/fault-words.ts';
import { controllerOf, newestClaim } from '../../nemesis/targets.ts';
import { settingsOf } from '../../world/kafka.ts';
import type { LabActions, TopicOptions } from './actions.ts';
import type { LabIo } from './io.ts';
import { textTable } from './text-table.ts';

type ClusterActions = Pick<
  LabActions,
  'status' | 'controller' | 'endOffsets' | 'createTopic' | 'describeTopic' | 'deleteTopic'
>;

/** A leader that is being replaced answers soon, or not at all. */
const END_PATIENCE_MS = 3_000;

/** Looking at the cluster, and its topics. */
export function clusterActions(session: Session, io: LabIo): ClusterActions {
  const { world, topic } = session;
  const nameOf = (id: number): string =>
    id < 0 ? 'none' : (world.nodes.find((node) => node.id === id)?.name ?? String(id));

  async function ends(name: string, partitions: number): Promise<EndOffset[]> {
    const reader = world.openReader({ patienceMs: END_PATIENCE_MS, topic: name, partitions });
    try {
      await reader.open();
      return await reader.endOffsets();
    } finally {
      await reader.close();
    }
  }

  async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = world.openAdmin?.();
    if (admin === undefined) throw new Failure('This lab has no topics but the recorded one.');
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }

  return {
    async status() {
      const view = await world.db.view();
      const rows = world.nodes.flatMap((node): string[][] => {
        const state = session.stateOf(node.name) ?? 'not known';
        const observed = view.observers[node.name];
        if (!node.roles.includes('broker')) return [[node.name, state, '', '', '', '', '']];
        if (observed === null || observed === undefined)
          return [[node.name, state, '(no answer)', '', '', '', '']];
        const controller = nameOf(observed.controller);
        if (observed.partitions.length === 0)
          return [[node.name, state, '(no topic)', '', '', '', controller]];
        return observed.partitions.map(({ partition, leader, epoch, isr }, index) => [
          index === 0 ? node.name : '',
          index === 0 ? state : '',
          `${topic}-${partition}`,
          nameOf(leader),
          epoch === null ? '?' : String(epoch),
          isr
            .toSorted((a, b) => a - b)
            .map(nameOf)
            .join(','),
          index === 0 ? controller : '',
        ]);
      });
      io.out(textTable([['NODE', 'STATE', 'PARTITION', 'LEADER', 'EPOCH', 'ISR', 'CONTROLLER'], ...rows]));
      const { partitions } = session.history.scenario.topic;
      const found = await ends(topic, partitions).catch((error: unknown) => messageOf(error));
      if (typeof found === 'string') io.out(`end offsets: not known (${found})\n`);
      else
        for (const { partition, end, broker } of found)
          io.out(`end offset of ${topic}-${partition}: ${grouped(end)}, by ${nameOf(broker)}\n`);
      for (const { fault, targets } of session.faults.inForce())
        io.out(`in force: ${describeFault(fault)}${targets.length > 0 ? ` (${targets.join(', ')})` : ''}\n`);
      return EXIT.valid;
    },

    async controller() {
      const view = await world.db.view();
      for (const { name, roles } of world.nodes) {
        if (!roles.includes('broker')) continue;
        const observed = view.observers[name];
        io.out(`${name} says ${observed ? nameOf(observed.controller) : 'nothing'}\n`);
      }
      io.out(`controller: ${nameOf(controllerOf(view, world.nodes))}\n`);
      return EXIT.valid;
    },

    async endOffsets(name = topic) {
      const partitions =
        name === topic ? session.history.scenario.topic.partitions : await partitionsOf(session, name);
      const rows = (await ends(name, partitions)).map(({ partition, start, end, broker }) => [
        `${name}-${partition}`,
        grouped(start),
        grouped(end),
        nameOf(broker),
      ]);
      io.out(textTable([['PARTITION', 'FIRST OFFSET', 'HIGH WATERMARK', 'BY'], ...rows]));
      return EXIT.valid;
    },

    async createTopic(name: string, options: TopicOptions) {
      const brokers = world.nodes.filter(({ roles }) => roles.includes('broker')).length;
      const replicationFactor = options.replicationFactor ?? Math.min(3, brokers);
      if (replicationFactor > brokers)
        throw new Failure(
          `A replication factor of ${replicationFactor} needs as many brokers, and there are ${brokers}.`,
          { hint: `Use --replication-factor ${brokers}.`, exitStatus: EXIT.usage },
        );
      if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name))
        throw new Failure(`"${name}" cannot be the name of a topic.`, {
          hint: 'A name has letters, digits, dots, dashes and underscores.',
          exitStatus: EXIT.usage,
        });
      if (name === topic)
        throw new Failure(`The topic ${topic} is there: it is the recorded one.`, {
          hint: '"reset" makes it anew, "reset --min-isr 2" with other settings.',
          exitStatus: EXIT.usage,
        });
      const settings = settingsOf({
        minInsyncReplicas: options.minIsr,
        uncleanLeaderElection: options.unclean === true,
      });
      const { partitions } = options;
      await withAdmin((admin) => admin.createTopic({ name, partitions, replicationFactor, settings }));
      io.line(`The topic ${name} is made. What is written to it is not recorded.`);
      return EXIT.valid;
    },

    async describeTopic(name = topic) {
      const described = await withAdmin((admin) => admin.describeTopic(name));
      if (described === null)
        throw new Failure(`There is no topic "${name}".`, {
          hint: `The recorded topic is "${topic}".`,
          exitStatus: EXIT.usage,
        });
      const names = (ids: readonly number[]) => ids.map(nameOf).join(',');
      io.out(
        textTable([
          ['PARTITION', 'LEADER', 'REPLICAS', 'ISR'],
          ...described.partitions.map(({ partition, leader, replicas, isr }) => [
            `${name}-${partition}`,
            nameOf(leader),
            names(replicas),
            names(isr),
          ]),
        ]),
      );
      for (const setting of TOLD_SETTINGS) {
        const value = described.settings?.[setting];
        if (value !== undefined) io.out(`${setting}=${value}\n`);
      }
      return EXIT.valid;
    },

    async deleteTopic(name) {
      if (name === topic)
        throw new Failure(`The topic ${topic} is the recorded one, and stays.`, {
          hint: '"reset" makes it anew.',
          exitStatus: EXIT.usage,
        });
      await partitionsOf(session, name);
      await withAdmin((admin) => admin.deleteTopic(name));
      io.line(`The topic ${name} is deleted.`);
      return EXIT.valid;
    },
  };
}

const TOLD_SETTINGS = ['min.insync.replicas', 'unclean.leader.election.enable'];

/**
 * The node that is meant by `leader`, `controller` or its name.
 * @throws Failure (usage) for another word, with the names that there are.
 */
export async function nodeMeant({ world }: Session, word: string): Promise<string> {
  const names = world.nodes.map(({ name }) => name);
  if (names.includes(word)) return word;
  if (word !== 'leader' && word !== 'controller')
    throw new Failure(`There is no node "${word}" in this lab.`, {
      hint: `Its nodes are ${listed(names)}; "leader" and "controller" are who is that now.`,
      exitStatus: EXIT.usage,
    });
  const view = await world.db.view();
  const id = word === 'leader' ? (newestClaim(view, 0)?.leader ?? -1) : controllerOf(view, world.nodes);
  const found = world.nodes.find((node) => node.id === id)?.name;
  if (found === undefined)
    throw new Failure(`No broker knows of a ${word} now.`, {
      hint: 'Try again in a moment, or name a node.',
    });
  return found;
}
