import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { counted } from '../core/words.ts';
import { within } from '../core/within.ts';
import type { Acks } from '../client/outcome.ts';
import type { Event } from '../history/event.ts';
import type { NodeEvent } from '../history/event.ts';
import { createDecoder, createEncoder, type Encoder } from '../history/value.ts';
import { clusterNemesis } from '../nemesis/cluster-nemesis.ts';
import { loadSurveyor } from '../report/threads/survey-ahead.ts';
import { decide } from '../run/decide.ts';
import type { Decided } from '../run/decided.ts';
import { TOPIC } from '../run/plan.ts';
import type { Reporter } from '../run/reporter.ts';
import { readBack } from '../runner/read-back.ts';
import type { RunOptions } from '../runner/run-options.ts';
import { SCANS } from '../runner/scan.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import { handFaults, type HandFaults } from './faults.ts';
import { HandHistory } from './history.ts';
import type { HandPlan } from './plan.ts';
import { freshTopic } from './topic.ts';
import { watchCluster } from './watch.ts';

/** How a command speaks while it is at work. */
export type Tell = (line: string) => void;

/**
 * A lab that is worked on by hand: its cluster, its faults, its producers, and the history of all of it. Whichever terminal
 * a command comes from, there is one session.
 */
export interface Session {
  readonly world: World;
  /** The recorded topic. */
  readonly topic: string;
  readonly history: HandHistory;
  readonly faults: HandFaults;
  /** Aborts when producers and consumers have to end. */
  readonly loads: AbortSignal;
  /** Records that are written to other topics have this in them as well. */
  readonly encode: Encoder;
  /** What each node's process is known to do. */
  stateOf(node: string): NodeEvent['state'] | null;
  /**
   * Before anything that changes the cluster: where the history was closed by a check, a new one begins, with a fresh topic.
   * @throws Failure while the history is being read back.
   */
  ready(tell: Tell): Promise<void>;
  /**
   * The same before a producer of the recorded topic. A history has one kind of acknowledgement: for another one a new
   * history begins.
   */
  readyFor(acks: Acks, load: Partial<Scenario['load']>, tell: Tell): Promise<void>;
  /** Counts what runs until `work` ends, so that a check can wait for its end. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** @returns the first of so many numbers for readers of this history. */
  takeScans(count: number): number;
  /** Heals, starts and reads everything back, closes the history and decides. @returns null where nothing was produced. */
  check(tell: Tell): Promise<{ decided: Decided; directory: string } | null>;
  /** Everything healed and started, and a fresh topic in which a new history begins. */
  reset(tell: Tell, settings?: Partial<Scenario['topic']>): Promise<void>;
  close(): Promise<void>;
}

/** The longest that producers may take to get their last answers. */
const LAST_ANSWERS_MS = 30_000;

/** @param stage of the plan's world; it is built and set up here. */
export async function openSession(
  plan: HandPlan,
  stage: Stage,
  reading: Reporter['reading'],
): Promise<Session> {
  const states = new Map<string, NodeEvent['state']>();
  const early: Event[] = [];
  let history: HandHistory | null = null;
  const record = (event: Event): void => {
    if (event.type === 'node') states.set(event.node, event.state);
    if (history === null) early.push(event);
    else history.account.event(event);
  };
  const { recordBytes } = plan.scenario.load;
  const encoderOf = (run: string) => createEncoder({ run, topic: TOPIC, sizeBytes: recordBytes });
  let encode = encoderOf(plan.run);
  const [world] = await Promise.all([
    stage.build({ encode: (invocation) => encode(invocation), record }),
    loadSurveyor(),
  ]);
  const { clock } = world;
  try {
    await world.db.setup();
  } catch (error) {
    await world.close();
    throw error;
  }

  let scenario = plan.scenario;
  let faults: HandFaults;
  let stopWatching = async (): Promise<void> => undefined;
  let loads = new AbortController();
  const running = new Set<Promise<unknown>>();
  let scans: number = SCANS.firstConsumer;
  /** What the session is doing, while nothing else may be done. */
  let closedFor: string | null = null;
  let isClosed = false;

  function beginHistory(startNs: number): void {
    const begun = new HandHistory({
      plan: { ...plan, scenario },
      info: { ...stage.info, ...world.facts },
      nodes: [...world.nodes],
      clock,
      startNs,
    });
    history = begun;
    encode = encoderOf(begun.run);
    for (const event of early.splice(0)) begun.account.event(event);
    if (startNs > 0)
      for (const { name } of world.nodes)
        begun.account.event({ type: 'node', timeNs: startNs, node: name, state: states.get(name) ?? 'up' });
    scans = SCANS.firstConsumer;
    loads = new AbortController();
    isClosed = false;
    faults = handFaults({
      nemesis: clusterNemesis({ ...world, random: world.random.fork('targets') }),
      clock,
      record: (event) => begun.account.event(event),
    });
    stopWatching = watchCluster(world, scenario, (event) => begun.account.event(event));
  }
  beginHistory(0);

  const current = (): HandHistory => history!;

  async function exclusively<T>(doing: string, work: () => Promise<T>): Promise<T> {
    assertOpen();
    closedFor = doing;
    try {
      return await work();
    } finally {
      closedFor = null;
    }
  }

  function assertOpen(): void {
    if (closedFor === null) return;
    throw new Failure(`The lab is busy: ${closedFor}.`, { hint: 'Try again when that is over.' });
  }

  /** Producers and consumers get their last answers and end. */
  async function endLoads(tell: Tell): Promise<void> {
    if (running.size > 0)
      tell(`Stopping ${counted(running.size, 'producer or consumer', 'producers and consumers')} …`);
    loads.abort();
    await within(clock, LAST_ANSWERS_MS, Promise.allSettled(running));
  }

  async function healEverything(tell: Tell): Promise<void> {
    for (const told of await faults.healAll()) tell(told);
  }

  async function readAndDecide(tell: Tell): Promise<{ decided: Decided; directory: string } | null> {
    const closing = current();
    await endLoads(tell);
    await healEverything(tell);
    if (closing.directory === null) return null;
    tell('Waiting until all brokers agree, then reading the topic back …');
    const reader = world.openReader();
    let failure: unknown = null;
    try {
      await reader.open();
      const options: RunOptions = {
        world,
        scenario: closing.scenario,
        schedule: [],
        seed: plan.seed,
        recorder: closing.recorder,
        decode: world.decode ?? createDecoder({ run: closing.run, topic: TOPIC }),
        onProgress: () => undefined,
        stop: NEVER,
        abort: NEVER,
      };
      await readBack(options, closing.account, { reader, onSettled: async () => undefined });
      closing.account.enter('done');
    } catch (error) {
      failure = error;
      tell(`The topic could not be read back: ${messageOf(error)}`);
    } finally {
      await Promise.allSettled([reader.close(), stopWatching()]);
    }
    isClosed = true;
    const directory = (await closing.close(failure === null ? 'complete' : 'failed', failure))!;
    return { decided: await decide(directory, plan.claim, { say: tell, reading }), directory };
  }

  /** A history that nobody waits for any more: what was recorded stays as it is. */
  async function abandon(): Promise<void> {
    await stopWatching();
    await current().close('interrupted', null);
    isClosed = true;
  }

  async function renew(tell: Tell, settings: Partial<Scenario['topic']> = {}): Promise<void> {
    await endLoads(tell);
    await healEverything(tell);
    if (!isClosed) await abandon();
    scenario = { ...scenario, topic: { ...scenario.topic, ...settings } };
    let startNs = clock.nowNs();
    await freshTopic(world, { name: TOPIC, ...scenario.topic }, () => (startNs = clock.nowNs()));
    beginHistory(startNs);
  }

  async function ready(tell: Tell): Promise<void> {
    assertOpen();
    if (!isClosed) return;
    tell('A new history begins, with a fresh topic …');
    await exclusively('a fresh topic is being made', () => renew(tell));
  }

  return {
    world,
    topic: TOPIC,
    get history() {
      return current();
    },
    get faults() {
      return faults;
    },
    get loads() {
      return loads.signal;
    },
    get encode() {
      return encode;
    },
    stateOf: (node) => states.get(node) ?? null,
    ready,
    async readyFor(acks, load, tell) {
      await ready(tell);
      const before = current().acks;
      if (before !== null && before !== acks) {
        if (running.size > 0 || faults.inForce().length > 0) {
          throw new Failure(
            `This history is of acks=${before}: what acks=${acks} promises cannot be judged in the same one, and ${running.size > 0 ? 'a producer or consumer is still at work' : 'faults are still in force'}.`,
            {
              hint: '"check" ends this history and says what was lost; the next producer then begins a new one.',
              exitStatus: EXIT.usage,
            },
          );
        }
        tell(
          `The history ${current().directory} is of acks=${before}. It ends here; a new one begins for acks=${acks}, with a fresh topic …`,
        );
        await exclusively('the history is being read back', async () => {
          const judged = await readAndDecide(tell);
          if (judged !== null) tell(`${judged.directory}: ${judged.decided.result.verdict}.`);
          await renew(tell);
        });
      }
      await current().begin(acks, load);
    },
    async during(work) {
      const pending = work();
      running.add(pending);
      try {
        return await pending;
      } finally {
        running.delete(pending);
      }
    },
    takeScans(count) {
      scans += count;
      return scans - count;
    },
    check: async (tell) => {
      assertOpen();
      if (isClosed) return null;
      return exclusively('the history is being read back', () => readAndDecide(tell));
    },
    async reset(tell, settings) {
      await exclusively('it is being reset', () => renew(tell, settings));
    },
    async close() {
      loads.abort();
      await stopWatching();
      if (!isClosed)
        await current()
          .close('interrupted', null)
          .catch(() => undefined);
      await world.close();
    },
  };
}

const NEVER = new AbortController().signal;
