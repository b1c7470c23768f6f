/**
 * KAFKA-17754 without any luck: the proxy holds the first request for the end of a transaction until the client has asked again
 * on another connection, has begun the next transaction and written in it. `held-end.ts KAFKA TRIES VERSION ...` starts a
 * cluster of one broker, and prints a line of JSON for each worker.
 */
import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { proxiedCluster } from '../../control/proxy/real-cluster.ts';
import { goOn, prepared, type LateEnd } from './late-end-worker.ts';

const [kafka, tries, ...versions] = process.argv.slice(2);
const AT_ONCE = 4;

const cluster = await proxiedCluster(kafka!);
const { world, endpoint } = cluster;
const { clock } = world;
const admin = createAdmin({ endpoint, clock });
try {
  const wanted = Array.from({ length: Number(tries) }, () =>
    versions.flatMap((version) =>
      (['commit', 'abort'] as const).map((first): LateEnd => ({ version: version === '2' ? 2 : 1, first })),
    ),
  ).flat();
  for (let from = 0; from < wanted.length; from += AT_ONCE)
    await Promise.all(wanted.slice(from, from + AT_ONCE).map((each, at) => attempt(each, from + at)));
} finally {
  await cluster.close();
}
process.exit(0);

async function attempt({ version, first }: LateEnd, worker: number): Promise<void> {
  const id = `held-${worker}`;
  const made = await prepared(
    { endpoint, admin, clock },
    { worker, id, topic: id, version, first, replicas: 1 },
  );
  await made.client.begin();
  await made.write(1, 0);
  const rule = cluster.apply({
    do: 'hold',
    api: 'EndTxn',
    from: [worker],
    times: 1,
    // Until it is lifted.
    delayMs: 3_600_000,
  });
  const arrive = async () => {
    await rule.lift();
    while (rule.account().first[0]?.isAnswered !== true) await clock.sleep(10);
  };
  const told = await goOn(made, { arrive, lookMs: version === 1 ? 6_000 : 1_500 });
  const { struck, first: touched } = rule.account();
  process.stdout.write(`${JSON.stringify({ ...told, struck, did: touched[0]?.did })}\n`);
}
