/**
 * A worker whose client lives in a program of its own. What the program says of a write is what an application would
 * have believed: a success is taken at its word, and a failure proves nothing, since the program may have sent the record any
 * number of times. Only what was never given to a program has certainly not been sent.
 */
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { applicationTransactions } from '../application-transactions.ts';
import { ANY_PARTITION } from '../../history/value.ts';
import { keysOf, valuesOf, type Client, type Completion, type Fate, type Value } from '../client.ts';
import type { DriverOptions } from '../driver-options.ts';
import type { PreparedClient } from '../library.ts';
import type { TransactionalClient, TransactionalDriverOptions } from '../transactional-client.ts';
import { ProgramGone, type Program, type Question } from './program.ts';
import type { Answer, OpenRequest } from './protocol.ts';
import { reachOf } from './reach.ts';

/** Beside the time that the library has: for the program itself, which may have been stopped for a while. */
const SPARE_MS = 2_000;
const CLOSE_WITHIN_MS = 2_000;
/** However often a library may repeat: so long the Java client takes at most, where nothing is said (delivery.timeout.ms). */
const DELIVERY_MAX_MS = 120_000;
/** A program that does not start is not started again at full speed. */
const PAUSE_AFTER_FAIL_MS = 500;

/** For how long a program may ask its library to end a transaction, if nothing is said. */
const END_WITHIN_MS = 30_000;
/** Before the first transaction of a cluster its log is made, which takes seconds. */
const FIRST_TRANSACTION_MS = 20_000;

type Named = Pick<PreparedClient, 'library' | 'settings'>;

/** @param options endpoint: already rotated for the worker */
export function createProgramClient(
  program: Program,
  named: Named,
  options: DriverOptions & { clock: Clock },
): Client {
  return createSession(program, named, { ...options, transactions: null }).client;
}

/** The same in transactions. */
export function createTransactionalProgramClient(
  program: Program,
  named: Named,
  options: TransactionalDriverOptions & { clock: Clock },
): TransactionalClient {
  const { transactionalId: id, timeoutMs, retryEndMs = END_WITHIN_MS } = options.transactions;
  const { worker } = options;
  const session = createSession(program, named, { ...options, transactions: { id, timeoutMs } });
  /** The start of the program in which the transaction began. */
  let begunIn = 0;
  const end = async (how: 'commit' | 'abort'): Promise<void> => {
    // Another start of it knows of no transaction, so nobody is asked.
    if (program.starts !== begunIn) throw new ProgramGone('it has been started again');
    await session.ask({ op: 'end', worker, how, timeoutMs: retryEndMs }, retryEndMs + SPARE_MS);
  };
  return applicationTransactions(
    {
      ...session.client,
      async begin() {
        await session.ensureOpen();
        await session.ask({ op: 'begin', worker }, session.patienceMs);
        begunIn = program.starts;
      },
      restart: () => session.reopen(),
      async write(invocation) {
        if (program.starts === begunIn) return session.client.write(invocation);
        await options.clock.sleep(PAUSE_AFTER_FAIL_MS);
        return { outcome: 'fail', error: 'CLIENT_ENDED', offset: null, attempts: 0, broker: null };
      },
      commit: () => end('commit'),
      abort: () => end('abort'),
      async sendOffsets({ reader, offsets }) {
        if (reader === undefined) throw new ProgramRefused('NO_CONSUMER_OF_THE_PROGRAM');
        if (program.starts !== begunIn) throw new ProgramGone('it has been started again');
        const positions = offsets.map(({ partition, offset }) => ({ partition, offset }));
        await session.ask({ op: 'send-offsets', worker, reader, offsets: positions }, session.patienceMs);
      },
    },
    { nameOf: errorNameOf, clock: options.clock },
  );
}

/** The library's name for what went wrong. */
class ProgramRefused extends Error {}

function errorNameOf(thrown: unknown): string {
  if (thrown instanceof ProgramRefused) return thrown.message;
  if (thrown instanceof ProgramGone) return 'CLIENT_ENDED';
  if (thrown instanceof Failure) return 'CLIENT_UNAVAILABLE';
  throw thrown;
}

interface ProgramSession {
  client: Client;
  patienceMs: number;
  ensureOpen(): Promise<void>;
  /** Has the program make another producer for the worker. */
  reopen(): Promise<void>;
  /** @throws ProgramRefused, ProgramGone */
  ask(question: Question, forMs: number): Promise<void>;
}

function createSession(
  program: Program,
  { library, settings }: Named,
  options: DriverOptions & { clock: Clock; transactions: OpenRequest['transactions'] },
): ProgramSession {
  const { worker, topic, acks, clock, endpoint } = options;
  const deliveryTimeoutMs = Math.max(
    options.requestTimeoutMs,
    Math.min((options.retries + 1) * options.requestTimeoutMs, DELIVERY_MAX_MS),
  );
  const patienceMs =
    deliveryTimeoutMs +
    options.connectionTimeoutMs +
    SPARE_MS +
    (options.transactions === null ? 0 : FIRST_TRANSACTION_MS);
  const openQuestion: Question = {
    op: 'open',
    worker,
    topic,
    ...reachOf(endpoint),
    acks,
    idempotence: options.idempotence,
    retries: options.retries,
    requestTimeoutMs: options.requestTimeoutMs,
    deliveryTimeoutMs,
    connectionTimeoutMs: options.connectionTimeoutMs,
    transactions: options.transactions,
    settings,
  };
  // What it really sent is not seen from here; a library may know better.
  const attemptsMax = options.retries + 1;
  /** The start of the program in which this worker has a session. */
  let openedIn = 0;
  let opening: Promise<void> | null = null;

  async function openSession(): Promise<void> {
    await program.start();
    const start = program.starts;
    if (openedIn === start) return;
    const reason = await program.ask(openQuestion, patienceMs).then(
      (answer) => (answer === null || answer.error !== undefined ? whyNot(answer) : null),
      (error: unknown) => {
        if (error instanceof ProgramGone) return error.message;
        throw error;
      },
    );
    if (reason !== null) {
      throw new Failure(
        `The client "${library}" could not connect to ${endpoint.brokers.join(', ')}: ${reason}.`,
        {
          hint: 'Check that the cluster runs and that its brokers can be reached from here.',
        },
      );
    }
    openedIn = start;
  }

  const ensureOpen = (): Promise<void> => (opening ??= openSession().finally(() => (opening = null)));

  /** Never rejects: what the program does is an outcome. */
  async function fates(question: Question, count: number): Promise<Told> {
    try {
      return told(await program.ask(question, patienceMs), count, { acks, attemptsMax });
    } catch (error) {
      if (!(error instanceof ProgramGone)) throw error;
      return { ...unknown('CLIENT_ENDED'), attempts: attemptsMax };
    }
  }

  async function ask(
    values: readonly Value[],
    { partition, keys }: { partition: number | null; keys?: readonly Buffer[] },
  ): Promise<Completion> {
    try {
      await ensureOpen();
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof ProgramGone)) throw error;
      await clock.sleep(PAUSE_AFTER_FAIL_MS);
      return { outcome: 'fail', error: 'CLIENT_UNAVAILABLE', offset: null, attempts: 0, broker: null };
    }
    const question: Question = {
      op: 'write',
      worker,
      topic,
      partition,
      values: values.map((value) => options.encode(value).toString('latin1')),
      ...(keys !== undefined && { keys: keys.map((key) => key.toString('latin1')) }),
    };
    return { ...(await fates(question, values.length)), broker: null };
  }

  const client: Client = {
    open: ensureOpen,
    async write(invocation): Promise<Completion> {
      const written = valuesOf(invocation);
      const { keys } = keysOf(invocation, options.keyed);
      return ask(written, { partition: invocation.partition, ...(keys !== undefined && { keys }) });
    },
    // Each record is a call of its own of these libraries, which answers later.
    send: (values) =>
      Promise.all(
        values.map(async (value): Promise<Completion> => {
          const isFree = value.partition === ANY_PARTITION;
          const { each: _, ...completion } = await ask([value], {
            partition: isFree ? null : value.partition,
          });
          // It is an offset of a partition that the library has not named.
          return isFree ? { ...completion, offset: null } : completion;
        }),
      ),
    async close() {
      if (openedIn === 0 || openedIn !== program.starts) return;
      await program.ask({ op: 'close', worker }, CLOSE_WITHIN_MS).catch(() => null);
    },
  };

  return {
    client,
    patienceMs,
    ensureOpen,
    reopen() {
      openedIn = 0;
      return ensureOpen();
    },
    async ask(question, forMs) {
      const answer = await program.ask(question, forMs);
      if (answer === null) throw new ProgramRefused('CLIENT_SILENT');
      if (answer.error !== undefined) throw new ProgramRefused(answer.error);
    },
  };
}

type Told = Pick<Completion, keyof Fate | 'each' | 'attempts'>;

/** @param answer null: none came in time */
function told(
  answer: Answer | null,
  count: number,
  { acks, attemptsMax }: { acks: DriverOptions['acks']; attemptsMax: number },
): Told {
  const nothing = (error: string) => ({ ...unknown(error), attempts: attemptsMax });
  if (answer === null) return nothing('CLIENT_SILENT');
  if (answer.error !== undefined) return nothing(answer.error);
  const { results = [] } = answer;
  if (results.length !== count) return nothing('CLIENT_MISCOUNTED');
  const each = results.map((result): Fate =>
    'error' in result
      ? { outcome: 'info', error: result.error, offset: null }
      : {
          outcome: acks === 0 ? 'sent' : 'ok',
          error: null,
          offset: acks === 0 ? null : result.offset,
        },
  );
  const attempts = Math.max(...results.map((result) => result.attempts ?? attemptsMax));
  return { ...each[0]!, each, attempts };
}

function unknown(error: string): Fate {
  return { outcome: 'info', error, offset: null };
}

/** What an application is told where it cannot connect. */
export function whyNot(answer: Answer | null): string {
  if (answer === null) return 'it gave no answer in time';
  return answer.detail === undefined ? answer.error! : `${answer.error}: ${answer.detail}`;
}
