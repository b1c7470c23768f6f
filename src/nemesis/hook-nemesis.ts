import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import { Failure, messageOf } from '../core/failure.ts';
import { freshId } from '../core/random.ts';
import type { Random } from '../core/random.ts';
import { clause, listed } from '../core/words.ts';
import type { FaultHook, HookAnswer, HookNode, HookOrder } from '../control/fault-hook.ts';
import type { Db } from '../db/db.ts';
import { takeAim } from './aiming.ts';
import type { Aim, Nemesis } from './nemesis.ts';
import { isProcessFault } from './process-faults.ts';

/** After a strike the targets have so long to be seen silent. */
const SILENT_WITHIN_NS = 6 * NS_PER_SECOND;
/** After a heal they have so long to answer again. */
const BACK_WITHIN_NS = 60 * NS_PER_SECOND;
const LOOK_MS = 200;
const HEAL_ATTEMPTS = 3;
const HEAL_PAUSE_MS = 1_000;

export interface HookNemesisOptions {
  db: Db;
  hook: FaultHook;
  clock: Clock;
  random: Random;
  run: string;
  topic: string;
  /** The node as the hook is told of it. */
  nodeOf(name: string): HookNode;
}

/**
 * Strikes through somebody's command. What the command says it did is written down as what it said. Where a fault makes
 * its targets fall silent, they are asked, and that alone proves it; elsewhere the command must have seen the effect itself.
 * What may be in force is healed, whatever the command said: also after an `apply` that failed or hung.
 */
export function hookNemesis(options: HookNemesisOptions): Nemesis {
  const { db, hook, clock } = options;
  /** Everything that may be in force. */
  const open = new Set<HookOrder>();
  const orders = new WeakMap<Aim, HookOrder>();

  async function healed(order: HookOrder): Promise<HookAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await hook.heal(order);
        open.delete(order);
        return answer;
      } catch (error) {
        if (attempt === HEAL_ATTEMPTS) throw error;
        await clock.sleep(HEAL_PAUSE_MS);
      }
    }
  }

  return {
    aim: (fault, taken = new Set()) => takeAim({ ...options, net: null }, fault, taken),

    async strike(aim) {
      const order: HookOrder = {
        version: 1,
        id: `kept-${freshId()}`,
        run: options.run,
        topic: options.topic,
        fault: aim.fault,
        targets: aim.targets.map((name) => options.nodeOf(name)),
        links: aim.links,
      };
      open.add(order);
      const watch = silences(aim) ? watchFor(db, clock, aim.targets) : null;
      let answer: HookAnswer;
      try {
        answer = await hook.apply(order);
      } catch (error) {
        watch?.end();
        const undone = await healed(order).then(
          () => 'what it may have done was healed',
          (thrown: unknown) => `and it could not heal what it may have done: ${clause(messageOf(thrown))}`,
        );
        throw new Failure(`${clause(messageOf(error))}; ${undone}`, { cause: error });
      }
      const timeNs = clock.nowNs();
      const seen = watch === null ? null : await watch.outcome();
      const said =
        answer.evidence === ''
          ? 'the hook says nothing of its effect'
          : `the hook says: ${clause(answer.evidence)}`;
      const verified = seen === null ? answer.verified : seen.verified;
      const applied = {
        ...aim,
        timeNs,
        evidence: seen === null ? said : `${said}; ${seen.words}`,
        ...(!verified && { verified: false as const }),
      };
      orders.set(applied, order);
      return applied;
    },

    async heal(applied) {
      const order = orders.get(applied);
      if (order === undefined) throw new Failure('this fault was not struck here');
      const answer = await healed(order);
      const said =
        answer.evidence === ''
          ? 'the hook says nothing of its effect'
          : `the hook says: ${clause(answer.evidence)}`;
      if (!silences(applied))
        return {
          timeNs: clock.nowNs(),
          evidence: said,
          ...(!answer.verified && { verified: false as const }),
        };
      const isBack = await untilAnswering(db, clock, applied.targets);
      return {
        timeNs: clock.nowNs(),
        evidence: `${said}; ${listed(applied.targets)} ${isBack ? 'answered again' : 'did not answer again within a minute'}`,
        ...(!isBack && { verified: false as const }),
      };
    },

    async healAll() {
      const done: string[] = [];
      const failed: string[] = [];
      for (const order of open) {
        const name = listed(order.targets.map((target) => target.name)) || order.id;
        try {
          await healed(order);
          done.push(`${name}: healed by the hook`);
        } catch (error) {
          failed.push(`${name}: ${messageOf(error)}`);
        }
      }
      return { done, failed };
    },
  };
}

/** Whether the fault keeps its targets from answering anybody. */
function silences({ fault }: Aim): boolean {
  return isProcessFault(fault) || (fault.kind === 'isolate' && fault.from === 'everyone');
}

interface Silence {
  verified: boolean;
  words: string;
}

/** Asks the targets from now on, while the command works: one that is killed may be back before it has ended. */
function watchFor(
  db: Db,
  clock: Clock,
  targets: readonly string[],
): { outcome(): Promise<Silence>; end(): void } {
  const silent = new Set<string>();
  const ending = new AbortController();
  const looking = (async () => {
    while (!ending.signal.aborted && silent.size < targets.length) {
      for (const name of await silentOnes(db, targets)) silent.add(name);
      await clock.sleep(LOOK_MS, ending.signal);
    }
  })();
  return {
    end: () => ending.abort(),
    async outcome() {
      const giveUpNs = clock.nowNs() + SILENT_WITHIN_NS;
      while (silent.size < targets.length && clock.nowNs() < giveUpNs) await clock.sleep(LOOK_MS);
      ending.abort();
      await looking;
      const still = targets.filter((name) => !silent.has(name));
      return still.length === 0
        ? { verified: true, words: `${listed(targets)} did not answer any more` }
        : { verified: false, words: `${listed(still)} answered all the time` };
    },
  };
}

/** Those of the targets that do not answer now. Where no broker at all does, nothing is seen of any of them. */
async function silentOnes(db: Db, targets: readonly string[]): Promise<string[]> {
  const { observers } = await db.view().catch(() => ({ observers: null }));
  const isAll = targets.length === db.nodes.length;
  if (observers === null) return isAll ? [...targets] : [];
  return targets.filter((name) => (observers[name] ?? null) === null);
}

async function untilAnswering(db: Db, clock: Clock, targets: readonly string[]): Promise<boolean> {
  const giveUpNs = clock.nowNs() + BACK_WITHIN_NS;
  for (;;) {
    const view = await db.view().catch(() => null);
    if (view !== null && targets.every((name) => (view.observers[name] ?? null) !== null)) return true;
    if (clock.nowNs() > giveUpNs) return false;
    await clock.sleep(LOOK_MS);
  }
}
