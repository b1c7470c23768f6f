import { EXIT, Failure } from '../core/failure.ts';
import type { Client } from '../client/client.ts';
import type { Acks } from '../client/outcome.ts';
import { limit } from '../generator/limit.ts';
import { atFullSpeed, atRate } from '../generator/pace.ts';
import { uniqueValues } from '../generator/unique-values.ts';
import type { Write } from '../history/write.ts';
import { load } from '../runner/load.ts';
import type { Session, Tell } from './session.ts';

/** A producer that a person starts. */
export interface Production {
  topic: string;
  acks: Acks;
  /** Null: until it is stopped. */
  count: number | null;
  /** Writes per second of all workers together; null: as fast as answers come. */
  ratePerSecond: number | null;
  workers: number;
  inFlight: number;
}

/** How it stands. */
export interface Counts {
  /** Handed to the client; each has one of the outcomes, or waits for it. */
  sent: number;
  acknowledged: number;
  /** With acks=0: on their way, and no answer will ever come. */
  unanswered: number;
  failed: number;
  unknown: number;
}

/**
 * Writes to a topic until the count is reached or `stop`, and resolves when every write has its outcome. What goes to the
 * recorded topic is recorded.
 * @param onCounts is told how it stands, several times a second.
 */
export async function produce(
  session: Session,
  wish: Production,
  more: { tell: Tell; onCounts: (counts: Readonly<Counts>) => void; stop: AbortSignal },
): Promise<Counts> {
  const { world } = session;
  const { acks, count, ratePerSecond, workers, inFlight } = wish;
  const isRecorded = wish.topic === session.topic;
  if (isRecorded) {
    const size = { workers, ratePerSecond, inFlight, ...(count !== null && { count }) };
    await session.readyFor(acks, size, more.tell);
    session.history.enter('warm-up');
  } else await session.ready(more.tell);
  const partitions = isRecorded
    ? session.history.scenario.topic.partitions
    : await partitionsOf(session, wish.topic);
  // From here on: a history that is closed meanwhile has nothing to do with this producer.
  const { history } = session;
  const stop = AbortSignal.any([more.stop, session.loads]);
  return session.during(async () => {
    const first = isRecorded ? history.takeWorkers(workers) : 0;
    const other = isRecorded ? { acks } : { acks, topic: wish.topic };
    const clients = Array.from({ length: workers }, (_, worker) => world.openClient(first + worker, other));
    const counts: Counts = { sent: 0, acknowledged: 0, unanswered: 0, failed: 0, unknown: 0 };
    const ended = new AbortController();
    try {
      await Promise.all(clients.map((client) => client.open()));
      const pace =
        ratePerSecond === null ? atFullSpeed() : atRate(ratePerSecond, workers, world.clock.nowNs());
      const values = uniqueValues({ workers, partitions, seed: history.seed, pace });
      const loading = load({
        generator: count === null ? values : limit(count, values),
        clients: clients.map((client) => numbered(client, first, counts)),
        inFlight,
        clock: world.clock,
        stop,
        record: (row) => {
          tallied(counts, row);
          if (isRecorded) history.account.write({ ...row, worker: first + row.worker });
        },
      });
      const showing = show(session, () => more.onCounts(counts), ended.signal);
      await loading.run();
      ended.abort();
      await showing;
      return counts;
    } finally {
      ended.abort();
      await Promise.allSettled(clients.map((client) => client.close()));
    }
  });
}

/** The same client, whose worker has another number in the history. */
function numbered(client: Client, first: number, counts: Counts): Client {
  return {
    open: () => client.open(),
    close: () => client.close(),
    write(invocation) {
      counts.sent++;
      return client.write({ ...invocation, worker: first + invocation.worker });
    },
  };
}

function tallied(counts: Counts, { outcome }: Write): void {
  if (outcome === 'ok') counts.acknowledged++;
  else if (outcome === 'sent') counts.unanswered++;
  else if (outcome === 'fail') counts.failed++;
  else counts.unknown++;
}

const SHOW_MS = 250;

async function show({ world }: Session, draw: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    draw();
    await world.clock.sleep(SHOW_MS, signal);
  }
}

/** @throws Failure (usage) when there is no such topic. */
export async function partitionsOf({ world, topic }: Session, name: string): Promise<number> {
  const admin = world.openAdmin?.();
  try {
    const described = await admin?.describeTopic(name);
    if (described !== null && described !== undefined) return described.partitions.length;
  } finally {
    await admin?.close();
  }
  throw new Failure(`There is no topic "${name}".`, {
    hint: `"topic create ${name}" makes it; the recorded topic is "${topic}".`,
    exitStatus: EXIT.usage,
  });
}
