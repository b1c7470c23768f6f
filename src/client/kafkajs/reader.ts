/**
 * Reads a topic with plain Fetch requests to each partition's leader. There is no consumer group in it: a group hangs
 * with its coordinator, and keeps offsets across a truncation. Uncommitted records are read too.
 *
 * The reader says how far it came, and never more than that. When the broker it asks stumbles, it asks again who
 * leads, beginning at another broker each time, and gives up after a while with what it has.
 */
import { READER_CLIENT_ID } from '../../core/client-id.ts';
import { NS_PER_MS, type Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import type { EndOffset, FetchedMarker, Reader } from '../client.ts';
import { rotatedEndpoint, type Endpoint } from '../endpoint.ts';
import { fetchCall, readFetchAnswers, type FetchAnswer } from './fetch.ts';
import { Gathering } from './gathering.ts';
import { API, negotiated, requests, unjudged } from './kafkajs.ts';
import { nameOfCode } from '../outcome.ts';
import { createPool } from './pool.ts';
import { decodeRecords } from './records.ts';
import { Unanswered, type Session } from './session.ts';
import { createTopology, NoLeader, type Leader } from './topology.ts';

export interface ReaderOptions {
  endpoint: Endpoint;
  topic: string;
  partitions: number;
  clock: Clock;
  /** How long to go on without any progress before giving up. */
  patienceMs?: number;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_WAIT_MS = 250;
const PAUSE_MS = 100;
const EARLIEST = -2;
const LATEST = -1;
const READ_UNCOMMITTED = 0;
/** Of ListOffsets: asks for the last stable offset instead of the high watermark. */
const READ_COMMITTED = 1;
const OFFSET_OUT_OF_RANGE = 1;

export function createReader(options: ReaderOptions): Reader {
  const { topic, clock } = options;
  const patienceNs = (options.patienceMs ?? 15_000) * NS_PER_MS;
  const pool = createPool({
    clientId: READER_CLIENT_ID,
    security: options.endpoint,
    connectionTimeoutMs: 2000,
    requestTimeoutMs: TIMEOUT_MS,
    clock,
  });
  const topologies = options.endpoint.brokers.map((_, first) =>
    createTopology({
      endpoint: rotatedEndpoint(options.endpoint, first),
      topic,
      timeoutMs: 2000,
      clientId: READER_CLIENT_ID,
      clock,
    }),
  );
  let believed = 0;

  /** Runs `work` on the partition's leader until it succeeds, or until nothing was gained for too long. */
  const persist = async <T>(
    partition: number,
    work: (session: Session, leader: Leader, progress: () => void) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    let startNs = clock.nowNs();
    const progress = () => (startNs = clock.nowNs());
    for (;;) {
      const topology = topologies[believed % topologies.length]!;
      try {
        const leader = await topology.leaderOf(partition);
        return await work(await pool.to(leader.address), leader, progress);
      } catch (thrown) {
        if (!mayPass(thrown) || signal?.aborted) throw thrown;
        if (clock.nowNs() - startNs > patienceNs) throw thrown;
        topology.suspect();
        believed++;
        topologies[believed % topologies.length]!.suspect();
        await clock.sleep(PAUSE_MS, signal);
      }
    }
  };

  const offsetsAt = (timestamp: number, isolationLevel = READ_UNCOMMITTED) =>
    new Gathering<{ partition: number }, { errorCode: number; offset: string }>(
      async (session, asked) => {
        const call = negotiated(session.versions, API.listOffsets, requests.ListOffsets);
        const topics = [{ topic, partitions: asked.map(({ partition }) => ({ partition, timestamp })) }];
        const { responses } = await session.request(
          unjudged(call({ replicaId: -1, isolationLevel, topics })),
        );
        const answered = responses.flatMap((response) => response.partitions);
        return new Map(answered.map((answer) => [answer.partition, answer]));
      },
      { areAlike: true },
    );
  const bounds = {
    earliest: offsetsAt(EARLIEST),
    latest: offsetsAt(LATEST),
    stable: offsetsAt(LATEST, READ_COMMITTED),
  };

  const offsetAt = async (
    bound: keyof typeof bounds,
    session: Session,
    partition: number,
  ): Promise<number> => {
    const { errorCode, offset } = await bounds[bound].ask(session, { partition });
    if (errorCode !== 0) throw new NotNow(errorCode);
    return Number(offset);
  };

  const endOffset = (partition: number, { stable = false }): Promise<EndOffset> =>
    persist(partition, async (session, { id }) => ({
      partition,
      start: await offsetAt('earliest', session, partition),
      ...(stable && { stable: await offsetAt('stable', session, partition) }),
      end: await offsetAt('latest', session, partition),
      broker: id,
    }));

  /** By partition: when it was given records the last time, as a number that grows. */
  const turns = new Map<number, number>();
  let turn = 0;
  const fetches = new Gathering<{ partition: number; offset: number }, Fetch>(async (session, asked) => {
    // Where an answer has no room for all, those come first that have waited for longest.
    const turnOf = ({ partition }: { partition: number }) => turns.get(partition) ?? 0;
    const positions = asked.toSorted((a, b) => turnOf(a) - turnOf(b));
    const call = fetchCall(session, { topic, positions, maxBytes: MAX_BYTES, maxWaitMs: MAX_WAIT_MS });
    const payload = await session.request(call);
    const { code, answers } = readFetchAnswers(payload, call.request.apiVersion);
    turn++;
    const isCrowded = payload.length > MAX_BYTES / 2;
    return new Map(
      asked.map(({ partition }) => {
        const answer = answers.get(partition) ?? { code, batches: NOTHING };
        if (answer.batches.length > 0) turns.set(partition, turn);
        return [partition, { ...answer, isCrowded }];
      }),
    );
  });

  return {
    async open() {
      await this.endOffsets();
    },
    async endOffsets(asked = {}) {
      try {
        return await Promise.all(Array.from({ length: options.partitions }, (_, p) => endOffset(p, asked)));
      } catch (thrown) {
        throw new Failure(`The end offsets of ${topic} could not be asked for: ${messageOf(thrown)}.`, {
          hint: "Every partition needs a leader that answers. See the brokers' logs.",
          cause: thrown,
        });
      }
    },
    async scan({ partition, from, end, markers: takeMarkers }, sink, signal) {
      let reached = from;
      let outOfRange = false;
      const stopped = () => signal?.aborted === true;
      const read = async (session: Session, _leader: Leader, progress: () => void): Promise<void> => {
        let progressNs = clock.nowNs();
        while (reached < end && !stopped()) {
          const answer = await fetches.ask(session, { partition, offset: reached });
          if (answer.code !== 0) throw new NotNow(answer.code);
          const markers: FetchedMarker[] | null = takeMarkers === undefined ? null : [];
          const wanted = { partition, from: reached, end };
          const { records, next } = decodeRecords(answer.batches, wanted, markers);
          if (markers !== null && markers.length > 0) takeMarkers?.(markers);
          if (records.length > 0) sink(records);
          if (next > reached) {
            reached = Math.min(next, end);
            progressNs = clock.nowNs();
            progress();
          } else if (answer.isCrowded) progressNs = clock.nowNs();
          else if (clock.nowNs() - progressNs > patienceNs) return;
        }
      };
      try {
        await persist(partition, read, signal);
      } catch (thrown) {
        // How far it came is the answer. What is not the cluster's doing is thrown on: a fault of the sink, say.
        if (!mayPass(thrown)) throw thrown;
        outOfRange = thrown instanceof NotNow && thrown.code === OFFSET_OUT_OF_RANGE;
      }
      return { reached, ...(outOfRange && { outOfRange }) };
    },
    async close() {
      for (const topology of topologies) topology.close();
      await pool.close();
    },
  };
}

/** What a partition got of an answer; `isCrowded` where others may have taken the room. */
type Fetch = FetchAnswer & { isCrowded: boolean };

const NOTHING = Buffer.alloc(0);

/** Whether asking again, or another broker, may help. */
function mayPass(thrown: unknown): boolean {
  return thrown instanceof NotNow || thrown instanceof NoLeader || thrown instanceof Unanswered;
}

/** The broker answered with an error code that may pass. */
class NotNow extends Error {
  override readonly name = 'NotNow';
  readonly code: number;

  constructor(code: number) {
    super(code === OFFSET_OUT_OF_RANGE ? 'OFFSET_OUT_OF_RANGE' : nameOfCode(code));
    this.code = code;
  }
}
