import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';
import { atPath, makeDirectory, statOf } from '../../core/paths.ts';
import type { RunInfo } from '../../history/run.ts';
import { RUN_FILE } from '../../history/layout.ts';
import { readRunFile } from '../../history/recorder/run-file.ts';
import { isRunning } from '../is-running.ts';
import { moveAside } from '../move-aside.ts';
import type { RepeatCase, RepeatInfo } from './repeat-file.ts';
import { seedsOf } from './seeds.ts';

/** A place for one run of a repeat. */
export interface Slot {
  of: RepeatCase;
  /** From one. */
  repetition: number;
  seed: number;
  directory: string;
}

/** All of them: every scenario once, then every scenario again, so that what is there is balanced at any time. */
export function slotsOf(directory: string, info: RepeatInfo): Slot[] {
  const seeds = seedsOf(info.seed, info.repetitions);
  return seeds.flatMap((seed, index) =>
    info.cases.map((of) => ({
      of,
      repetition: index + 1,
      seed,
      directory: join(directory, of.directory, `run-${index + 1}`),
    })),
  );
}

/** `ended`: it went to its end. `cut short`: interrupted, killed, failed or damaged on the way. */
export type SlotState = 'empty' | 'ended' | 'cut short' | 'running' | 'foreign';

export function stateOf(slot: Slot, given: boolean): SlotState {
  if (statOf(slot.directory) === null) return 'empty';
  const file = readRunFile(join(slot.directory, RUN_FILE));
  if (file.state !== 'whole') return isVacant(slot.directory) ? 'empty' : 'cut short';
  if (!belongs(slot, file.info, given)) return 'foreign';
  if (file.info.status === 'complete') return 'ended';
  return isRunning(slot.directory) ? 'running' : 'cut short';
}

function belongs({ of, seed }: Slot, info: RunInfo, given: boolean): boolean {
  if (info.seed !== seed || info.scenario.name !== of.scenario.name) return false;
  // A run against somebody's cluster follows what that cluster has; one on hosts adds those.
  return given || comparable(info.scenario) === comparable(of.scenario);
}

/** The same text for scenarios that are run alike. */
export function comparable(scenario: object): string {
  const { faultsPlanned: _, nodes: __, ...own } = scenario as Record<string, unknown>;
  return JSON.stringify(sorted(own));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function isVacant(directory: string): boolean {
  return statOf(directory)!.isDirectory() && readdirSync(directory).length === 0;
}

/**
 * Makes the directory of a run that is to begin. What a run has left there that did not come to its end is kept beside it,
 * under another name, and no figures are taken from it.
 * @returns where it was moved to; null where there was nothing.
 */
export function makeRoom({ directory }: Slot): string | null {
  return atPath(directory, 'made', () => {
    let aside: string | null = null;
    if (statOf(directory) !== null) {
      if (isVacant(directory)) rmdirSync(directory);
      else aside = moveAside(directory);
    }
    makeDirectory(join(directory, '..'));
    mkdirSync(directory);
    return aside;
  });
}

/** Runs that did not come to their end and whose place another one has taken. */
export function setAside(directory: string, { cases }: RepeatInfo): { of: RepeatCase; directory: string }[] {
  return cases.flatMap((of) => {
    const place = join(directory, of.directory);
    if (statOf(place) === null) return [];
    return atPath(place, 'read', () => readdirSync(place))
      .filter((name) => /^run-\d+-cut-short-\d+$/.test(name))
      .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
      .map((name) => ({ of, directory: join(place, name) }));
  });
}

/** @throws Failure for what stands in the way of going on. */
export function assertOwn(slots: readonly Slot[], directory: string, { given }: RepeatInfo): void {
  for (const slot of slots) {
    const state = stateOf(slot, given);
    if (state === 'foreign')
      throw new Failure(
        `the run ${slot.directory} is not of this repeat: its scenario or its seed is another one than ${directory} says`,
        { hint: 'move it elsewhere; it will then be run again', exitStatus: EXIT.usage },
      );
    if (state === 'running')
      throw new Failure(`the run ${slot.directory} still goes on`, {
        hint: 'wait until it is over, or end its process',
        exitStatus: EXIT.usage,
      });
  }
}
