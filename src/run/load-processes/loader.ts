import { realClock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { createDriver } from '../../client/kafkajs/driver.ts';
import type { Client } from '../../client/client.ts';
import { createEncoder } from '../../history/value.ts';
import { load } from '../../runner/load.ts';
import { loadPlan } from '../../runner/load-plan.ts';
import { claimOn } from './claims.ts';
import { Outbox } from './outbox.ts';
import { sealed, type FromLoader, type Part, type ToLoader } from './protocol.ts';

/** The descriptor of the claims, behind the standard ones and the channel. */
export const CLAIMS_DESCRIPTOR = 4;

/**
 * A process that only writes: its share of the workers, with clients of its own. It ends when the process that started it
 * closes the channel or dies.
 */
export async function loadAsPart(): Promise<void> {
  process.on('disconnect', () => process.exit());
  if (!process.connected) process.exit();
  const inbox = new Inbox();
  const { part } = await inbox.next('open');
  const clock = realClock(part.clockStartNs);
  const nowNs = clock.nowNs();
  const outbox = new Outbox(tell);
  const claim = claimOn(CLAIMS_DESCRIPTOR);
  const clients: Client[] = [];
  // Those of other workers live elsewhere: the list has holes.
  for (const worker of part.workers) clients[worker] = clientOf(part, worker, clock);
  const own = part.workers.map((worker) => clients[worker]!);
  try {
    await Promise.all(own.map((client) => client.open()));
  } catch (error) {
    const hint = error instanceof Failure ? error.hint : undefined;
    await tell({ kind: 'failed', message: messageOf(error), ...(hint !== undefined && { hint }) });
    return;
  }
  await tell({ kind: 'opened', nowNs });
  const { startNs } = await inbox.next('begin');

  let invoked = 0;
  for (const worker of part.workers) {
    const client = clients[worker]!;
    clients[worker] = {
      ...client,
      async write(invocation) {
        await outbox.room();
        const records = invocation.records ?? 1;
        invoked += records;
        claim(worker, invocation.seq + records);
        return client.write(invocation);
      },
    };
  }
  const stop = new AbortController();
  void inbox.next('stop').then(() => stop.abort());
  const { scenario, seed, count } = part;
  const theLoad = load({
    generator: loadPlan({ scenario, seed, startNs, ...(count !== undefined && { count }) }),
    clients,
    inFlight: scenario.load.inFlight,
    clock,
    record: (write) => outbox.put(write),
    stop: stop.signal,
  });
  const report = () => outbox.send({ untilNs: clock.nowNs(), invoked, behindMs: theLoad.behindMs() });
  const over = new AbortController();
  const reporting = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(REPORT_MS, over.signal);
      await report();
    }
  })();
  await theLoad.run();
  over.abort();
  await reporting;
  await report();
  await tell({ kind: 'done' });
  await inbox.next('close');
  await Promise.allSettled(own.map((client) => client.close()));
  process.disconnect();
}

/** How often the process of the run is told what became of the writes. */
const REPORT_MS = 50;

function clientOf(
  { run, topic, scenario, endpoint, connectionTimeoutMs }: Part,
  worker: number,
  clock: ReturnType<typeof realClock>,
): Client {
  return createDriver({
    ...scenario.producer,
    worker,
    endpoint: sealed(endpoint),
    topic,
    keyed: scenario.topic.compact,
    connectionTimeoutMs,
    encode: createEncoder({ run, topic, sizeBytes: scenario.load.recordBytes }),
    clock,
  });
}

/** Resolves when the channel has taken it. */
function tell(message: FromLoader): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, {}, () => resolve()));
}

type Told<Kind extends ToLoader['kind']> = Extract<ToLoader, { kind: Kind }>;

/** Messages by their kind: each comes once, and is kept until it is asked for. */
class Inbox {
  readonly #waiting = new Map<string, PromiseWithResolver>();

  constructor() {
    process.on('message', (message: ToLoader) => this.#of(message.kind).resolve(message));
  }

  async next<Kind extends ToLoader['kind']>(kind: Kind): Promise<Told<Kind>> {
    return (await this.#of(kind).promise) as Told<Kind>;
  }

  #of(kind: string): PromiseWithResolver {
    let found = this.#waiting.get(kind);
    if (found === undefined) {
      let resolve!: (message: ToLoader) => void;
      const promise = new Promise<ToLoader>((settle) => (resolve = settle));
      this.#waiting.set(kind, (found = { promise, resolve }));
    }
    return found;
  }
}

interface PromiseWithResolver {
  promise: Promise<ToLoader>;
  resolve: (message: ToLoader) => void;
}
