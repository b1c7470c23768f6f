import type { Db, Observed, ObservedPartition, View } from '../db/db.ts';
import { Failure } from '../core/failure.ts';
import type { Broker } from './broker.ts';
import type { Cluster } from './cluster.ts';
import { ask } from './exchange.ts';
import { idsOf } from './partitions.ts';
import { isInternal } from './coordinators/internal-topics.ts';

const OBSERVE_TIMEOUT_MS = 600;
/** From starting the JVM until the broker answers. */
const START_MS_MIN = 2_000;
const START_MS_SPREAD = 1_500;
const START_TIMEOUT_NS = 60e9;
const STOP_TIMEOUT_MS = 5_000;
const STOP_WORK_MS = 150;
const MOVE_TIMEOUT_MS = 1_000;

export function modelDb(cluster: Cluster): Db {
  const { clock, options } = cluster;
  const tell = (node: string, state: 'starting' | 'up' | 'down' | 'paused', detail?: string) =>
    options.onEvent({
      type: 'node',
      timeNs: clock.nowNs(),
      node,
      state,
      ...(detail !== undefined && { detail }),
    });

  function observed(broker: Broker): Observed {
    const partitions = broker.believed.flatMap((state) => {
      // The log of transactions is not of the run's topic.
      if (state === undefined || isInternal(options, state.partition)) return [];
      const leader = state.leader < 0 ? -1 : state.leader + 1;
      const told = { partition: state.partition, leader, epoch: state.epoch, isr: idsOf(state.isr) };
      const replicas = state.replicas.map((replica) => replica + 1);
      return [stubborn(broker, told, replicas)];
    });
    return { controller: broker.controllerId, partitions };
  }

  /** The planted bug `zombie-claims-leadership`: by broker and partition, the claim that it does not give up. */
  const claims = new Map<string, ObservedPartition>();

  function stubborn(broker: Broker, told: ObservedPartition, replicas: number[]): ObservedPartition {
    if (options.bug !== 'zombie-claims-leadership') return told;
    const key = `${broker.id} ${told.partition}`;
    if (told.leader === broker.id) claims.set(key, { ...told, isr: replicas });
    return claims.get(key) ?? told;
  }

  async function observe(broker: Broker): Promise<Observed | null> {
    const asked = { timeoutMs: OBSERVE_TIMEOUT_MS, fresh: false };
    const answer = await ask<Observed>(cluster, broker, asked, (respond) => respond(observed(broker)));
    return answer.kind === 'answer' ? answer.value : null;
  }

  async function view(): Promise<View> {
    const answers = await Promise.all(
      cluster.brokers.map(async (broker) => [broker.process.name, await observe(broker)] as const),
    );
    return { observers: Object.fromEntries(answers) };
  }

  function mustBe(node: string, states: readonly string[]): void {
    const { state } = cluster.processNamed(node);
    if (!states.includes(state)) throw new Failure(`${node} cannot be struck so: its process is ${state}.`);
  }

  const db: Db = {
    nodes: options.nodes,
    async setup() {
      for (const { name } of options.nodes) tell(name, 'up');
      cluster.begin();
      await clock.sleep(1_000);
    },
    async teardown() {},
    view,
    async kill(node) {
      mustBe(node, ['up', 'paused']);
      cluster.end(node, 'memory');
      tell(node, 'down', 'killed');
      return `the process of ${node} is gone`;
    },
    async cutPower(node) {
      mustBe(node, ['up', 'paused']);
      cluster.end(node, 'page-cache');
      tell(node, 'down', 'lost power');
      return `${node} is off, and what was not on its disk is lost`;
    },
    async stop(node) {
      mustBe(node, ['up', 'paused']);
      const broker = cluster.brokerNamed(node);
      const process = cluster.processNamed(node);
      if (broker !== null && process.state === 'up') {
        const left = new AbortController();
        cluster.coordination.leave(broker, () => {
          clock.wake();
          left.abort();
        });
        await clock.sleep(STOP_TIMEOUT_MS, left.signal);
        await clock.sleep(STOP_WORK_MS);
      }
      if (process.state !== 'down') {
        cluster.end(node, 'memory');
        tell(node, 'down', 'stopped');
      }
      return `the process of ${node} has ended`;
    },
    async moveLeaders(moves) {
      const wanted = moves.map(({ partition, to }) => ({ partition, leader: to - 1 }));
      for (const broker of cluster.brokers) {
        const asked = { timeoutMs: MOVE_TIMEOUT_MS, fresh: true };
        const answer = await ask<true>(cluster, broker, asked, (respond) =>
          cluster.coordination.moveLeaders(broker, wanted, () => respond(true)),
        );
        if (answer.kind === 'answer') return;
      }
      throw new Failure('no broker answered');
    },
    async start(node) {
      const process = cluster.processNamed(node);
      if (process.state !== 'down') return `${node} runs already`;
      tell(node, 'starting');
      await clock.sleep(START_MS_MIN + cluster.random.int(START_MS_SPREAD));
      if (process.state === 'down') cluster.restart(node);
      const broker = cluster.brokerNamed(node);
      const deadlineNs = clock.nowNs() + START_TIMEOUT_NS;
      const answers = async () => broker === null || (await observe(broker)) !== null;
      while (!(await answers())) {
        if (clock.nowNs() > deadlineNs) throw new Failure(`${node} was started and does not answer.`);
        await clock.sleep(OBSERVE_TIMEOUT_MS);
      }
      tell(node, 'up');
      return `${node} answers again`;
    },
    async pause(node) {
      mustBe(node, ['up']);
      cluster.processNamed(node).pause();
      tell(node, 'paused');
      return `the process of ${node} is stopped (T)`;
    },
    async resume(node) {
      cluster.processNamed(node).resume();
      tell(node, 'up');
      return `the process of ${node} runs again`;
    },
    async recover(node) {
      const { state } = cluster.processNamed(node);
      if (state === 'up') return null;
      return state === 'paused' ? await db.resume!(node) : await db.start!(node);
    },
  };
  return db;
}
