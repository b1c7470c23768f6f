import { rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../core/failure.ts';
import { makeDirectory } from '../core/paths.ts';
import { enterLab } from '../control/netns/enter.ts';
import { findClassArchive } from '../db/kafka/archive.ts';
import { PLAN_FILE } from '../history/layout.ts';
import type { Plan, SimulatedPlan } from './plan.ts';
import { say } from './terminal/print.ts';

/** Carries out a plan in its world, and resolves to the exit status. */
export async function launch(plan: Plan | SimulatedPlan): Promise<number> {
  if ('distribution' in plan) return launchInLab(plan);
  const { runSimulated } = await import('./simulated.ts');
  return runSimulated(plan);
}

/**
 * Carries out a plan inside a lab of its own and resolves to the exit status: this same command starts again in
 * private network, mount and pid namespaces, which end with it.
 */
async function launchInLab(plan: Plan): Promise<number> {
  if (plan.dataDirectory !== null) makeDirectory(plan.dataDirectory);
  const file = join(plan.directory, PLAN_FILE);
  await writeFile(file, JSON.stringify(plan));
  try {
    const status = await enterLab(['inside-lab', file]);
    if (status !== EXIT.interrupted) await prepareNextStart(plan, file);
    return status;
  } finally {
    await rm(file, { force: true });
    // A run that never began leaves nothing to look at; a directory with anything in it stays.
    await rmdir(plan.directory).catch(() => undefined);
  }
}

/**
 * Has a broker write the class archive that lets the next cluster of this kind start quickly; once per distribution,
 * and last, so that nobody waits for it before a first run. It is a process like any other, so it too lives in a lab
 * that takes it away whatever happens.
 */
async function prepareNextStart(plan: Plan, file: string): Promise<void> {
  if ((await findClassArchive(plan.distribution, plan.mode)) !== undefined) return;
  say(`Preparing Kafka ${plan.distribution.version} for quicker starts, once …\n`);
  await enterLab(['inside-lab', '--class-archive', file]);
}
