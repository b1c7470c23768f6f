import type { Clock } from '../../core/clock.ts';
import { NS_PER_SECOND } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Db, Observed, View } from '../db.ts';

export interface GivenOptions {
  /** The brokers, as the cluster advertises them. */
  nodes: readonly NodeInfo[];
  topic: { name: string; partitions: number; replicationFactor: number };
  /** One Metadata request to this very broker; null when it does not answer in time. */
  observe: (node: NodeInfo) => Promise<Observed | null>;
  clock: Clock;
}

const READY_WITHIN_NS = 30 * NS_PER_SECOND;
const RETRY_MS = 200;

/**
 * A cluster that somebody else runs. Nothing but Kafka's protocol is assumed: it can be asked, and neither started nor
 * stopped, and its logs are not to be read.
 */
export function givenCluster(options: GivenOptions): Db {
  const { nodes, topic, clock } = options;
  const stopping = new AbortController();

  async function view(): Promise<View> {
    const answers = await Promise.all(
      nodes.map(async (node) => [node.name, await options.observe(node)] as const),
    );
    // Where no broker answers, nothing was seen; and no log will tell it later.
    if (answers.every(([, observed]) => observed === null)) throw new Failure('no broker answered');
    return { observers: Object.fromEntries(answers) };
  }

  /** What is not ready yet, in words; null when every broker sees the whole topic in sync. */
  async function missing(): Promise<string | null> {
    const { observers } = await view();
    for (const { name } of nodes) {
      const observed = observers[name] ?? null;
      if (observed === null) return `${name} does not answer`;
      if (observed.partitions.length < topic.partitions) return `${name} does not know the whole topic`;
      const lagging = observed.partitions.find(
        ({ leader, isr }) => leader < 0 || isr.length < topic.replicationFactor,
      );
      if (lagging !== undefined)
        return `by the account of ${name} partition ${lagging.partition} has ${lagging.leader < 0 ? 'no leader' : `${lagging.isr.length} of ${topic.replicationFactor} replicas in sync`}`;
    }
    return null;
  }

  return {
    nodes,
    async setup() {
      const giveUpNs = clock.nowNs() + READY_WITHIN_NS;
      for (;;) {
        const why = await missing().catch((error: unknown) => {
          if (error instanceof Failure) return error.message;
          throw error;
        });
        if (why === null) return;
        if (stopping.signal.aborted || clock.nowNs() > giveUpNs) {
          throw new Failure(`The topic ${topic.name} is not whole: ${why}.`, {
            hint: 'A run begins with a healthy topic, so that what is missing later went missing in the run. Wait until the cluster has recovered.',
          });
        }
        await clock.sleep(RETRY_MS, stopping.signal);
      }
    },
    async teardown() {
      stopping.abort();
    },
    view,
  };
}
