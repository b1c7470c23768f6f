import { rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../core/failure.ts';
import { makeDirectory } from '../core/paths.ts';
import { enterLab } from '../control/netns/enter.ts';
import { findClassArchive } from '../db/kafka/archive.ts';
import { PLAN_FILE } from '../history/layout.ts';
import type { NetnsPlan } from '../world/plan.ts';
import type { Plan } from './plan.ts';
import type { Reporter } from './reporter.ts';
import { collectGarbage } from './soak/memory.ts';

/** Carries out a plan, and resolves to the exit status. */
export async function launch(plan: Plan, reporter: Reporter): Promise<number> {
  const { world } = plan;
  if (world.kind === 'netns') return launchInLab({ ...plan, world }, reporter);
  try {
    return await carryOutHere(plan, reporter);
  } finally {
    await reporter.close(plan);
  }
}

/** In this process, wherever that is. */
export async function carryOutHere(plan: Plan, reporter: Reporter): Promise<number> {
  if (plan.soak === undefined) {
    const { carryOut } = await import('./carry-out.ts');
    return carryOut(plan, reporter);
  }
  const { carryOutSoak } = await import('./soak/soak.ts');
  return carryOutSoak(plan, await reporter.soak(plan));
}

/**
 * Carries out a plan inside a lab of its own and resolves to the exit status: this same command starts again in
 * private network, mount and pid namespaces, which end with it.
 */
async function launchInLab(plan: Plan<NetnsPlan>, reporter: Reporter): Promise<number> {
  const { dataDirectory } = plan.world;
  if (dataDirectory !== null) makeDirectory(dataDirectory);
  const file = join(plan.directory, PLAN_FILE);
  await writeFile(file, JSON.stringify(plan));
  try {
    // From now on this process only waits, for days perhaps, and the memory is the other one's.
    const status = await enterLab(['inside-lab', file], { onStart: collectGarbage });
    if (status !== EXIT.interrupted) await prepareNextStart(plan, file, reporter);
    return status;
  } finally {
    await rm(file, { force: true });
    // A run that never began leaves nothing to look at; a directory with anything in it stays.
    await rmdir(plan.directory).catch(() => undefined);
  }
}

/**
 * Has a broker write the class archive that lets the next cluster of this kind start quickly; once per distribution,
 * and last, so that a first run does not wait for it. It is a process like any other, so it too lives in a lab
 * that takes it away whatever happens.
 */
async function prepareNextStart(
  { world: { distribution }, mode }: Plan<NetnsPlan>,
  file: string,
  reporter: Reporter,
): Promise<void> {
  if ((await findClassArchive(distribution, mode)) !== undefined) return;
  reporter.say(`Preparing Kafka ${distribution.version} for quicker starts, once …\n`);
  await enterLab(['inside-lab', '--class-archive', file]);
}
