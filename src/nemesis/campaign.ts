import { NS_PER_MS, type Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { Event } from '../history/event.ts';
import { packageOf } from './faults/packages.ts';
import type { Aim, Applied, Nemesis } from './nemesis.ts';
import { isProcessFault } from './process-faults.ts';
import type { Schedule, Strike } from './schedule.ts';

/**
 * Carries out a schedule. Strikes may overlap; each has a life of its own: wait, aim, strike, hold, heal. Whatever
 * happens, everything that was struck is healed before `run` resolves: each fault by itself, again and again where that fails, and
 * in the end all that is still down, paused or cut off, by the final heal. What could not be done stands in the history.
 */
export interface Campaign {
  /** Resolves when every strike is over and healed. Never rejects: a fault that fails is an event. */
  run(): Promise<void>;
}

export interface CampaignOptions {
  schedule: Schedule;
  nemesis: Nemesis;
  clock: Clock;
  record: (event: Event) => void;
  /**
   * The names of all brokers, and how many of them must stay untouched: a strike that would leave fewer waits until
   * other faults are healed, and is skipped when that would not help.
   */
  brokers: readonly string[];
  keepBrokersUp: number;
  /** Resolves when so many writes have been attempted, or when the load is over. */
  writesReached: (count: number) => Promise<void>;
  /** The least length of the faults phase; strikes without an end of their own last until then. */
  durationMs: number;
  /** Gets the faults in force whenever they change. */
  onChange: (inForce: readonly Applied[]) => void;
  /** Heals at once and starts nothing more. */
  signal: AbortSignal;
}

/** After a heal that failed. */
const HEAL_AGAIN_AFTER_MS = 5_000;

export function campaign(options: CampaignOptions): Campaign {
  const { nemesis, clock, record, signal } = options;
  const inForce = new Map<string, Applied>();
  /** What is in force or about to be, so that two strikes at the same moment know of each other. */
  const claimed = new Map<string, Aim & { ends: boolean }>();
  const waitingForHeal: (() => void)[] = [];
  /** Faults whose own heal failed: the final heal ends them. */
  const unhealed: string[] = [];
  let phaseNs = 0;
  const untilEndMs = () => Math.max(0, options.durationMs - (clock.nowNs() - phaseNs) / NS_PER_MS);

  async function start({ id, fault, aim: recorded, forMs }: Strike): Promise<void> {
    const requestedNs = clock.nowNs();
    let taken: ReadonlySet<string> = new Set();
    const takeAim = async (): Promise<Aim> => {
      taken = struckProcesses();
      return recorded === undefined ? await nemesis.aim(fault, taken) : { fault, ...recorded };
    };
    try {
      let aim = await takeAim();
      for (let why = whyNot(aim); why !== null; why = whyNot(aim)) {
        // Another strike may have taken the node while this one aimed: the role may have one that is free.
        if (recorded === undefined && [...struckProcesses()].some((name) => !taken.has(name))) {
          aim = await takeAim();
          continue;
        }
        // What lasts until the end of the phase is not worth waiting for.
        if (![...claimed.values()].some(({ ends }) => ends)) {
          record({ type: 'fault-skipped', id, timeNs: clock.nowNs(), fault, reason: why });
          return;
        }
        await new Promise<void>((resolve) => waitingForHeal.push(resolve));
        aim = await takeAim();
      }
      if (signal.aborted) return;
      claimed.set(id, { ...aim, ends: forMs !== null });
      const beganNs = clock.nowNs();
      const applied = await nemesis.strike(aim, { withinMs: forMs ?? untilEndMs(), signal });
      inForce.set(id, applied);
      record({ type: 'fault-start', id, requestedNs, beganNs, ...applied });
      options.onChange([...inForce.values()]);
    } catch (error) {
      release(id);
      record({ type: 'fault-failed', id, timeNs: clock.nowNs(), fault, reason: messageOf(error) });
    }
  }

  /** Why this may not be struck now, in words; null when it may. */
  function whyNot(aim: Aim): string | null {
    const touched = new Set(
      [...claimed.values(), aim].flatMap(({ fault, targets }) =>
        packageOf(fault)?.sparesNodes === true ? [] : targets,
      ),
    );
    const left = options.brokers.filter((name) => !touched.has(name)).length;
    if (left < options.keepBrokersUp) {
      return `it would leave ${left} brokers untouched, and ${options.keepBrokersUp} must stay so`;
    }
    // A process that is down or paused cannot be struck again, and who brings it back would undo both faults.
    if (!isProcessFault(aim.fault)) return null;
    const struck = struckProcesses();
    const twice = aim.targets.find((name) => struck.has(name));
    return twice === undefined ? null : `another fault has ${twice} in its hands`;
  }

  /** The nodes whose processes are struck, or about to be. */
  function struckProcesses(): Set<string> {
    const faults = [...claimed.values()].filter(({ fault }) => isProcessFault(fault));
    return new Set(faults.flatMap(({ targets }) => targets));
  }

  function release(id: string): void {
    claimed.delete(id);
    for (const resolve of waitingForHeal.splice(0)) resolve();
  }

  async function heal(id: string): Promise<void> {
    const applied = inForce.get(id);
    if (applied === undefined) return;
    const requestedNs = clock.nowNs();
    try {
      const healed = await healAgainAndAgain(applied, (error) => {
        const reason = `it could not be healed: ${messageOf(error)}`;
        record({ type: 'fault-failed', id, timeNs: clock.nowNs(), fault: applied.fault, reason });
      });
      if (healed === null) unhealed.push(id);
      else record({ type: 'fault-stop', id, requestedNs, ...healed });
    } finally {
      inForce.delete(id);
      options.onChange([...inForce.values()]);
      release(id);
    }
  }

  /**
   * A broker that cannot be started now, because its coordination is cut off, can be in a while: a long run would go on without
   * it. Null when the phase is over first.
   * @param onFailure told the first time
   */
  async function healAgainAndAgain(applied: Applied, onFailure: (error: unknown) => void) {
    for (let hasFailed = false; ; hasFailed = true) {
      try {
        return await nemesis.heal(applied);
      } catch (error) {
        if (!hasFailed) onFailure(error);
      }
      if (signal.aborted || untilEndMs() === 0) return null;
      await clock.sleep(Math.min(HEAL_AGAIN_AFTER_MS, untilEndMs()), signal);
    }
  }

  /** Whatever is still down, paused or cut off, for whatever reason. */
  async function healAll(): Promise<void> {
    const requestedNs = clock.nowNs();
    const { done, failed } = await nemesis.healAll();
    const timeNs = clock.nowNs();
    if (failed.length > 0) {
      const text = `The final heal could not bring everything back: ${failed.join('; ')}`;
      record({ type: 'note', timeNs, about: 'warning', text });
      return;
    }
    const found = done.length === 0 ? 'nothing was left to be healed' : done.join('; ');
    for (const id of unhealed) {
      record({ type: 'fault-stop', id, requestedNs, timeNs, evidence: `the final heal: ${found}` });
    }
    if (unhealed.length === 0 && done.length > 0)
      record({ type: 'note', timeNs, about: 'information', text: `The final heal brought back ${found}` });
  }

  async function live(strike: Strike): Promise<void> {
    if (signal.aborted) return;
    await start(strike);
    if (strike.forMs === null) return;
    await clock.sleep(strike.forMs, signal);
    await heal(strike.id);
  }

  /** One after the other as they fall due; a long run has thousands of strikes, and none of them waits by itself. */
  async function strikeInTime(strikes: readonly Strike[]): Promise<void> {
    const startNs = clock.nowNs();
    const underway: Promise<void>[] = [];
    for (const strike of strikes.toSorted((a, b) => a.atMs - b.atMs)) {
      await clock.sleep(strike.atMs - (clock.nowNs() - startNs) / NS_PER_MS, signal);
      underway.push(live(strike));
    }
    await Promise.all(underway);
  }

  async function strikeAfterWrites(strike: Strike): Promise<void> {
    await options.writesReached(strike.afterWrites ?? 0);
    await clock.sleep(strike.atMs, signal);
    await live(strike);
  }

  return {
    async run() {
      phaseNs = clock.nowNs();
      await Promise.all([
        strikeInTime(options.schedule.filter((strike) => strike.afterWrites === undefined)),
        ...options.schedule.filter((strike) => strike.afterWrites !== undefined).map(strikeAfterWrites),
      ]);
      await clock.sleep(untilEndMs(), signal);
      await Promise.all([...inForce.keys()].map((id) => heal(id)));
      await healAll();
    },
  };
}
