import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enterLab } from '../control/netns/enter.ts';
import { makeClassArchive } from '../db/kafka/archive.ts';
import type { Plan } from './plan.ts';

/** The plan's file in the run directory, for the command inside the lab. */
export const PLAN_FILE = 'plan.json';

/**
 * Carries out a plan inside a lab of its own and resolves to the exit status: this same command starts again in
 * private network, mount and pid namespaces, which end with it.
 */
export async function launch(plan: Plan): Promise<number> {
  if (plan.dataDirectory !== null) await mkdir(plan.dataDirectory, { recursive: true });
  const file = join(plan.directory, PLAN_FILE);
  await writeFile(file, JSON.stringify(plan));
  try {
    return await enterLab(['inside-lab', file]);
  } finally {
    await rm(file, { force: true });
    // Last, so that nobody waits for it before a first run. Without it the next cluster only starts more slowly.
    const problem = await makeClassArchive(plan.distribution, plan.mode, {
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    if (problem !== null) process.stderr.write(`No class archive for the next start: ${problem}\n`);
  }
}
