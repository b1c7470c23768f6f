import { rmdir } from 'node:fs/promises';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import type { RunFigures } from '../../report/repeats/run-figures.ts';
import type { Plan } from '../plan.ts';
import { recordedFigures } from './gather.ts';
import { type RepeatInfo, writeRepeatFile } from './repeat-file.ts';
import { assertOwn, makeRoom, type Slot, slotsOf } from './slots.ts';
import { outstanding } from './repeat-report.ts';
import { assertSameSystem, systemOf } from './system.ts';

/** How a run of a repeat ended. */
export interface Ended {
  slot: Slot;
  status: number;
  /** Null where it left nothing that can be judged. */
  figures: RunFigures | null;
  /** Why there are none. */
  failure: string | null;
}

export interface RepeatOptions {
  /** How many runs go on at once. */
  jobs: number;
  prepare: (slot: Slot) => Promise<Plan>;
  /** Carries a plan out. @returns its exit status. */
  launch: (plan: Plan, slot: Slot) => Promise<number>;
  interrupted: () => boolean;
  onBegin: (slot: Slot) => void;
  onEnd: (ended: Ended) => void;
  /** A sentence. */
  say: (text: string) => void;
}

/** So many runs in a row may come to nothing: then another one would not do better. */
const FAILURES_MAX = 3;

/**
 * Carries out the runs that a repeat still lacks, until a person interrupts. A run that fails is counted like any other;
 * what is wrong with the command itself, or has changed since the first run, ends the series.
 * @returns how the runs of this call ended.
 * @throws Failure where not a single one could be prepared.
 */
export async function carryOutRepeat(
  directory: string,
  info: RepeatInfo,
  options: RepeatOptions,
): Promise<Ended[]> {
  assertOwn(slotsOf(directory, info), directory, info);
  const waiting = outstanding(directory, info);
  const ended: Ended[] = [];
  let ending = false;
  let refusal: unknown = null;
  let failuresInARow = 0;
  const prepareNext = preparing(directory, info, options);

  const end = (one: Ended) => {
    ended.push(one);
    options.onEnd(one);
    failuresInARow = one.figures === null ? failuresInARow + 1 : 0;
    if (failuresInARow < FAILURES_MAX || ending) return;
    ending = true;
    options.say(`kept: ${FAILURES_MAX} runs in a row came to nothing, so no others are begun.\n`);
  };
  const work = async () => {
    while (!ending && !options.interrupted()) {
      const slot = waiting.shift();
      if (slot === undefined) return;
      options.onBegin(slot);
      try {
        const plan = await prepareNext(slot);
        end(await outcomeOf(slot, await options.launch(plan, slot), info));
      } catch (error) {
        const status = error instanceof Failure ? error.exitStatus : EXIT.internal;
        if (status === EXIT.usage) {
          ending = true;
          refusal ??= error;
        }
        end(await outcomeOf(slot, status, info, messageOf(error)));
      }
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  if (refusal !== null && ended.every(({ figures }) => figures === null)) throw refusal;
  return ended;
}

/** One plan is made at a time; the first one says what all others have to run against. */
function preparing(directory: string, info: RepeatInfo, { prepare, say }: RepeatOptions) {
  let { system } = info;
  let before: Promise<unknown> = Promise.resolve();
  const prepareOne = async (slot: Slot): Promise<Plan> => {
    const aside = makeRoom(slot);
    if (aside !== null)
      say(`What ${slot.directory} held did not come to its end; it is in ${aside}, and run again.\n`);
    try {
      const plan = await prepare(slot);
      const now = systemOf(plan);
      if (system !== null) assertSameSystem(directory, system, now);
      else writeRepeatFile(directory, { ...info, system: now });
      system ??= now;
      return plan;
    } catch (error) {
      // A run that never began leaves nothing to look at.
      await rmdir(slot.directory).catch(() => undefined);
      throw error;
    }
  };
  return (slot: Slot): Promise<Plan> => {
    const plan = before.then(() => prepareOne(slot));
    before = plan.catch(() => undefined);
    return plan;
  };
}

async function outcomeOf(
  slot: Slot,
  status: number,
  { claim }: RepeatInfo,
  failure: string | null = null,
): Promise<Ended> {
  try {
    return { slot, status, figures: await recordedFigures(slot.directory, claim), failure };
  } catch (error) {
    return { slot, status, figures: null, failure: failure ?? messageOf(error) };
  }
}
