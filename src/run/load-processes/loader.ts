import { realClock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import type { Library } from '../../client/library.ts';
import { openLibrary } from '../../client/libraries.ts';
import type { Client } from '../../client/client.ts';
import { createEncoder } from '../../history/value.ts';
import { load } from '../../runner/load.ts';
import { loadPlan } from '../../runner/load-plan.ts';
import { Outbox } from './outbox.ts';
import { sealed, type FromLoader, type Part, type ToLoader } from './protocol.ts';

/** How a process that writes talks with the process of the run. */
export interface Channel {
  /** Resolves when it has been taken. */
  tell(message: FromLoader): Promise<void>;
  /** Each kind of message comes once, and is kept until it is asked for. */
  next<Kind extends ToLoader['kind']>(kind: Kind): Promise<Extract<ToLoader, { kind: Kind }>>;
  /** Nothing more is to be told. */
  close(): void;
}

/**
 * A process that only writes: its share of the workers, with clients of its own.
 * @param claim notes the number behind the last write of a worker, before its request goes out.
 */
export async function loadAsPart(
  channel: Channel,
  claim: (worker: number, endSeq: number) => void,
): Promise<void> {
  const tell = (message: FromLoader) => channel.tell(message);
  const { part } = await channel.next('open');
  const clock = realClock(part.clockStartNs);
  const nowNs = clock.nowNs();
  const outbox = new Outbox(tell);
  const library = openLibrary(part.client, { clock });
  const clients: Client[] = [];
  // Those of other workers live elsewhere: the list has holes.
  for (const worker of part.workers) clients[worker] = clientOf(library, part, worker);
  const own = part.workers.map((worker) => clients[worker]!);
  try {
    await Promise.all(own.map((client) => client.open()));
  } catch (error) {
    const hint = error instanceof Failure ? error.hint : undefined;
    await tell({ kind: 'failed', message: messageOf(error), ...(hint !== undefined && { hint }) });
    return;
  }
  await tell({ kind: 'opened', nowNs });
  const { startNs } = await channel.next('begin');

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
  void channel.next('stop').then(() => stop.abort());
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
  // Where nothing can be told any more, nothing more is written.
  await Promise.race([theLoad.run(), reporting]);
  over.abort();
  await reporting;
  await report();
  await tell({ kind: 'done' });
  await channel.next('close');
  await Promise.allSettled(own.map((client) => client.close()));
  await library.close();
  channel.close();
}

/** How often the process of the run is told what became of the writes. */
const REPORT_MS = 50;

function clientOf(
  library: Library,
  { run, topic, scenario, endpoint, connectionTimeoutMs }: Part,
  worker: number,
): Client {
  return library.open({
    ...scenario.producer,
    worker,
    endpoint: sealed(endpoint),
    topic,
    keyed: scenario.topic.compact,
    connectionTimeoutMs,
    encode: createEncoder({ run, topic, sizeBytes: scenario.load.recordBytes }),
  });
}
