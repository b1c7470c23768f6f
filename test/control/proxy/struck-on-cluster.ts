import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { produceCall, readAnswer } from '../../../src/client/kafkajs/produce.ts';
import { openSession, Unanswered } from '../../../src/client/kafkajs/session.ts';
import { createTopology } from '../../../src/client/kafkajs/topology.ts';
import { splitAddress, type Endpoint } from '../../../src/client/endpoint.ts';
import { createRequestProxy, type RequestRule } from '../../../src/control/proxy/request-proxy.ts';
import { workerClientId } from '../../../src/core/client-id.ts';
import { NS_PER_MS, realClock } from '../../../src/core/clock.ts';

/** What real brokers, and their clients, notice of single requests that the proxy has struck. */
export interface Struck {
  /** Offsets of two records that were sent one behind the other on one connection. */
  reordered: number[];
  /** What the client noticed, and the end of the log before and after it. */
  reset: { reason: string; ends: number[] };
  /** How long the answer to one large record took, and where the record is. */
  throttled: { tookMs: number; offset: number };
  /** What the rules say that they did. */
  did: string[];
}

export const THROTTLED = { bytes: 60_000, bytesPerSecond: 60_000 };

const HOST = '127.0.0.1';
const NODE = 'kafka1';
const LINKS = [{ from: 'client', to: NODE }];
const TIMEOUT_MS = 20_000;

/** In a cluster that is there, with a proxy of its own before the leader of one partition. */
export async function tellStruck(endpoint: Endpoint): Promise<Struck> {
  const clock = realClock();
  const topic = 'struck';
  const admin = createAdmin({ endpoint, clock });
  await admin.createTopic({ name: topic, partitions: 1, replicationFactor: 3, settings: {} });
  const topology = createTopology({ endpoint, topic, timeoutMs: TIMEOUT_MS, clock });
  const { address } = await topology.leaderOf(0);
  const proxy = await createRequestProxy({
    host: HOST,
    brokers: new Map([[NODE, splitAddress(address)]]),
    clock,
  });
  const place = proxy.places.get(NODE)!;
  const open = () =>
    openSession(`${place.host}:${place.port}`, {
      clientId: workerClientId(0),
      connectionTimeoutMs: TIMEOUT_MS,
      requestTimeoutMs: TIMEOUT_MS,
      clock,
    });
  let session = await open();
  const did: string[] = [];
  const produce = async (value: Buffer): Promise<number> => {
    const batch = { topic, partition: 0, values: [value] };
    const call = produceCall(session, batch, { acks: 'all', timeoutMs: TIMEOUT_MS, identity: null });
    const answer = readAnswer(await session.request(call), batch);
    if (answer?.code !== 0) throw new Error(`the broker answered ${answer?.code}`);
    return answer.offset;
  };
  const under = async <T>(rule: Partial<RequestRule>, act: () => Promise<T>): Promise<T> => {
    const applied = proxy.apply(
      { do: 'drop', api: 'Produce', message: 'request', from: [0], skip: 0, every: 1, times: 1, ...rule },
      LINKS,
    );
    const result = await act();
    await applied.lift();
    did.push(...applied.account().first.map((touched) => touched.did));
    return result;
  };
  const end = async () => (await admin.endOffsets(topic))[0]!.end;

  const reordered = await under({ do: 'reorder', delayMs: TIMEOUT_MS }, () =>
    Promise.all([produce(Buffer.from('first')), produce(Buffer.from('second'))]),
  );
  const before = await end();
  const reason = await under({ do: 'reset' }, () =>
    produce(Buffer.from('third')).then(
      () => 'answered',
      (thrown: unknown) => (thrown instanceof Unanswered ? thrown.reason : String(thrown)),
    ),
  );
  const reset = { reason, ends: [before, await end()] };
  session = await open();
  const sinceNs = clock.nowNs();
  const offset = await under({ do: 'throttle', bytesPerSecond: THROTTLED.bytesPerSecond }, () =>
    produce(Buffer.alloc(THROTTLED.bytes)),
  );
  const throttled = { tookMs: (clock.nowNs() - sinceNs) / NS_PER_MS, offset };
  session.destroy('CLOSED');
  topology.close();
  await proxy.close();
  await admin.deleteTopic(topic);
  await admin.close();
  return { reordered, reset, throttled, did };
}
