import { join } from 'node:path';
import { z } from 'zod';
import { EXIT, Failure } from '../../core/failure.ts';
import { statOf } from '../../core/paths.ts';
import { REPEAT_FILE } from '../../history/layout.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import { LAB_KINDS } from '../../world/plan.ts';
import { readSealed, type SealedInfo, writeSealed } from '../sealed-info.ts';

/**
 * repeat.json: what is repeated, how often, from which seed, and what it ran against. With it a repeat that was ended
 * early goes on as it began, and what has changed since is noticed.
 */
const caseSchema = z.object({
  /** Names the directory of its runs, where there are several scenarios. */
  directory: z.string().regex(/^[a-z0-9-]*$/),
  scenario: scenarioSchema,
});
export type RepeatCase = z.infer<typeof caseSchema>;

/** What the runs run against, as far as it must not change from one to the next. */
export const systemSchema = z.object({
  world: z.string(),
  /** Its version. */
  kafka: z.string().nullable(),
  /** SHA-256 of each of its jars by file name. */
  jars: z.record(z.string(), z.string()),
  mode: z.string(),
  image: z.string().nullable(),
  brokers: z.string().nullable(),
  /** The client library with its version; null for kept's own driver. Repeats from before there was a choice have none. */
  client: z.string().nullable().optional(),
  /** Behind SSH: which node lives on which host. Absent in files that were written before it was noted. */
  hosts: z.string().nullable().optional(),
});
export type System = z.infer<typeof systemSchema>;

export const wishesSchema = z.object({
  simulate: z.literal(true).optional(),
  lab: z.enum(LAB_KINDS).optional(),
  image: z.string().optional(),
  dockerReach: z.enum(['direct', 'published']).optional(),
  kafka: z.string().optional(),
  mode: z.enum(['zookeeper', 'kraft-combined', 'kraft-separate']).optional(),
  dataDir: z.string().optional(),
  nodes: z.array(z.string()).optional(),
  sshAcceptNew: z.literal(true).optional(),
  processes: z.int().min(1).optional(),
});
/** The options that say what it runs against. Consent to break nodes is none of them: it is asked for each time. */
export type RepeatWishes = z.infer<typeof wishesSchema>;

const infoSchema = z.object({
  version: z.literal(1),
  /** The scenario or suite, as it was named. */
  name: z.string(),
  suite: z.string().nullable(),
  cases: z.array(caseSchema).min(1),
  /** How often each scenario is run. */
  repetitions: z.int().min(1),
  /** Of the first repetition; those of the others follow from it. */
  seed: z.int(),
  claim: z.enum(['kept', 'contract']),
  wishes: wishesSchema,
  /** Of a cluster that was given: its options hold secrets, so nobody but the user can name it again. */
  given: z.boolean(),
  /** Null until the first run is prepared. */
  system: systemSchema.nullable(),
  kept: z.string(),
  startedAt: z.string(),
  command: z.array(z.string()),
});
export type RepeatInfo = z.infer<typeof infoSchema>;

const SEALED: SealedInfo<RepeatInfo> = {
  file: REPEAT_FILE,
  schema: infoSchema,
  name: 'repeat',
  done: 'repeated',
  hintIfDamaged: (directory) =>
    `its runs are sound all the same: kept compare ${join(directory, 'run-1')} ${join(directory, 'run-2')} …`,
};

export function writeRepeatFile(directory: string, info: RepeatInfo): void {
  writeSealed(directory, SEALED, info);
}

/** Whether the directory says that it holds the runs of a repeat. */
export function isRepeat(directory: string): boolean {
  return statOf(join(directory, REPEAT_FILE)) !== null;
}

/** @throws Failure where it is none, or damaged, or of a version that this program does not know. */
export function readRepeatFile(directory: string): RepeatInfo {
  const stat = statOf(directory);
  if (stat?.isDirectory() !== true || !isRepeat(directory)) {
    const what =
      stat === null
        ? `there is no repeat at ${directory}`
        : `the path ${directory} is not the directory of a repeat: it has no ${REPEAT_FILE}`;
    throw new Failure(what, {
      hint: 'name a directory that "kept run --repeat" or "kept suite --repeat" has made, such as store/repeat-1',
      exitStatus: EXIT.usage,
    });
  }
  return readSealed(directory, SEALED);
}
