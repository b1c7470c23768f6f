import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { bootstrapOf } from '../../../src/db/kafka/kafka.ts';
import { resolveDistribution } from '../../../src/db/kafka/distribution.ts';
import type { AppliedRule, RequestProxy, RequestRule } from '../../../src/control/proxy/request-proxy.ts';
import type { Link } from '../../../src/core/link.ts';
import { createEncoder } from '../../../src/history/value.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { loopbackStage } from '../../../src/world/loopback.ts';
import type { World } from '../../../src/world/world.ts';

/** Real Kafka as processes of this machine, whose clients come through the proxy. */
export interface ProxiedCluster {
  world: World;
  proxy: RequestProxy;
  endpoint: { brokers: string[] };
  /** Puts a rule in force at all brokers. */
  apply: (rule: Partial<RequestRule> & Pick<RequestRule, 'do' | 'api'>) => AppliedRule;
  close(): Promise<void>;
}

export async function proxiedCluster(kafka: string, brokers = 1): Promise<ProxiedCluster> {
  const distribution = await resolveDistribution({ kafka, environment: process.env });
  const directory = mkdtempSync(join(tmpdir(), 'kept-proxied-'));
  const scenario = scenarioSchema.parse({
    brokers,
    topic: { replicationFactor: brokers, minInsyncReplicas: 1 },
    nemesis: {
      script: [{ atMs: 0, forMs: 1, fault: { kind: 'requests', do: 'drop', api: 'any' } }],
      keepBrokersUp: 0,
    },
  });
  const topic = 'proxied';
  const stage = loopbackStage(
    { kind: 'loopback', distribution, dataDirectory: null },
    { scenario, client: OWN_CLIENT, mode: 'kraft-combined', seed: 1, topic, directory, powerLoss: false },
  );
  const world = await stage.build({
    encode: createEncoder({ run: 'proxied', topic, sizeBytes: 64 }),
    record: () => undefined,
  });
  const close = async () => {
    await world.close();
    rmSync(directory, { recursive: true });
  };
  try {
    await world.db.setup();
  } catch (error) {
    await close();
    throw error;
  }
  const names = world.nodes.filter(({ roles }) => roles.includes('broker'));
  const links: Link[] = names.flatMap(({ name }) => [
    { from: 'client', to: name },
    { from: name, to: 'client' },
  ]);
  const proxy = world.proxy!;
  return {
    world,
    proxy,
    endpoint: { brokers: names.map((node) => bootstrapOf(node)) },
    apply: (rule) => proxy.apply({ message: 'request', from: 'workers', skip: 0, every: 1, ...rule }, links),
    close,
  };
}
