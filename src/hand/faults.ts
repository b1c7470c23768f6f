import type { Clock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import type { Event } from '../history/event.ts';
import type { Fault } from '../history/fault.ts';
import { describeFault } from '../history/fault-words.ts';
import type { Applied, Healed, Nemesis } from '../nemesis/nemesis.ts';
import { isProcessFault } from '../nemesis/process-faults.ts';

/** Faults that a person strikes and heals one at a time. Each is an event of the history, as a campaign's are. */
export interface HandFaults {
  strike(fault: Fault): Promise<Applied>;
  /** Undoes the faults that a process of this node is struck by. @returns null when there is none. */
  undo(node: string, kinds: readonly Fault['kind'][]): Promise<Healed | null>;
  /** Undoes every fault of links. @returns what each was, and what was seen after it. */
  healLinks(): Promise<{ fault: Fault; healed: Healed }[]>;
  /** Undoes everything, and brings back what is down for whatever other reason. @returns what was done, in words. */
  healAll(): Promise<string[]>;
  inForce(): readonly Applied[];
}

export function handFaults(options: {
  nemesis: Nemesis;
  clock: Clock;
  record: (event: Event) => void;
}): HandFaults {
  const { nemesis, clock, record } = options;
  const inForce = new Map<string, Applied>();
  /** Nodes that something is being done to. */
  const busy = new Set<string>();
  let count = 0;

  async function strike(fault: Fault): Promise<Applied> {
    const id = `fault-${++count}`;
    const requestedNs = clock.nowNs();
    const aim = await nemesis.aim(fault);
    const isOfProcess = isProcessFault(fault);
    if (isOfProcess) for (const name of aim.targets) assertFree(name);
    const beganNs = clock.nowNs();
    return keeping(isOfProcess ? aim.targets : [], async () => {
      try {
        const applied = await nemesis.strike(aim);
        inForce.set(id, applied);
        record({ type: 'fault-start', id, requestedNs, beganNs, ...applied });
        return applied;
      } catch (error) {
        record({ type: 'fault-failed', id, timeNs: clock.nowNs(), fault, reason: messageOf(error) });
        throw error;
      }
    });
  }

  function assertFree(name: string): void {
    const struck = [...inForce.values()].find(
      ({ fault, targets }) => isProcessFault(fault) && targets.includes(name),
    );
    if (struck === undefined) return;
    const isPaused = struck.fault.kind === 'pause';
    throw new Failure(
      `${name} is ${isPaused ? 'paused' : 'down'} already (${describeFault(struck.fault)}).`,
      {
        hint: `"${isPaused ? 'resume' : 'start'} ${name}" brings it back.`,
        exitStatus: EXIT.usage,
      },
    );
  }

  async function keeping<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const taken = names.find((name) => busy.has(name));
    if (taken !== undefined) {
      throw new Failure(`Another command is still at work on ${taken}.`, { hint: 'Try again in a moment.' });
    }
    for (const name of names) busy.add(name);
    try {
      return await work();
    } finally {
      for (const name of names) busy.delete(name);
    }
  }

  async function heal(id: string): Promise<Healed> {
    const applied = inForce.get(id)!;
    const requestedNs = clock.nowNs();
    return keeping(isProcessFault(applied.fault) ? applied.targets : [], async () => {
      try {
        const healed = await nemesis.heal(applied);
        inForce.delete(id);
        record({ type: 'fault-stop', id, requestedNs, ...healed });
        return healed;
      } catch (error) {
        const reason = `it could not be healed: ${messageOf(error)}`;
        record({ type: 'fault-failed', id, timeNs: clock.nowNs(), fault: applied.fault, reason });
        throw error;
      }
    });
  }

  async function healLinks(): Promise<{ fault: Fault; healed: Healed }[]> {
    const faults = [...inForce].filter(([, { fault }]) => !isProcessFault(fault));
    return Promise.all(faults.map(async ([id, { fault }]) => ({ fault, healed: await heal(id) })));
  }

  return {
    strike,
    healLinks,
    inForce: () => [...inForce.values()],
    async undo(node, kinds) {
      const found = [...inForce].find(
        ([, { fault, targets }]) => kinds.includes(fault.kind) && targets.includes(node),
      );
      return found === undefined ? null : heal(found[0]);
    },
    async healAll() {
      const told: string[] = [];
      const tell = (what: string, { evidence }: Healed) => told.push(`${what}: ${evidence}`);
      for (const { fault, healed } of await healLinks()) tell(`healed ${describeFault(fault)}`, healed);
      await Promise.all(
        [...inForce].map(async ([id, { fault, targets }]) => {
          const verb = fault.kind === 'pause' ? 'resumed' : 'started';
          tell(`${verb} ${targets.join(', ')}`, await heal(id));
        }),
      );
      const { done, failed } = await nemesis.healAll();
      for (const evidence of done) told.push(evidence);
      if (failed.length > 0) throw new Failure(`Not everything could be brought back: ${failed.join('; ')}.`);
      return told;
    },
  };
}
