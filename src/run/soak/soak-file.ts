import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EXIT, Failure } from '../../core/failure.ts';
import { statOf } from '../../core/paths.ts';
import { SOAK_FILE } from '../../history/layout.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import { systemSchema, wishesSchema } from '../repeat/repeat-file.ts';
import { readSealed, type SealedInfo, writeSealed } from '../sealed-info.ts';

/** What becomes of the history of a period that is proven clean; that of any other stays. */
export const KEEPS = ['failures', 'all', 'none'] as const;
export type Keep = (typeof KEEPS)[number];

const infoSchema = z.object({
  version: z.literal(1),
  scenario: scenarioSchema,
  seed: z.int(),
  claim: z.enum(['kept', 'contract']),
  /** `failures`: of a period that is not valid everything stays. `none`: not even that, only its line. */
  keep: z.enum(KEEPS),
  /** What the directory may take. Null: whatever the disk has. */
  storeMaxBytes: z.number().positive().nullable(),
  stopOn: z.enum(['invalid', 'inconclusive']).nullable(),
  /** A command for each finding. */
  onFinding: z.string().nullable(),
  /** Kinds of faults that the lab cannot do, with the reason. */
  leftOut: z.array(z.object({ kind: z.string(), because: z.string() })).default([]),
  wishes: wishesSchema,
  /** Of a cluster that was given: its options hold secrets, so only the user can name it again. */
  given: z.boolean(),
  system: systemSchema,
  kept: z.string(),
  startedAt: z.string(),
  command: z.array(z.string()),
});
/** soak.json: what is soaked, and against what. With it a soak that was killed goes on as it began. */
export type SoakInfo = z.infer<typeof infoSchema>;

const SEALED: SealedInfo<SoakInfo> = {
  file: SOAK_FILE,
  schema: infoSchema,
  name: 'soak',
  done: 'soaked',
  hintIfDamaged: (directory) =>
    `its periods are sound all the same: kept check ${join(directory, 'period-1')}`,
};

export function writeSoakFile(directory: string, info: SoakInfo): void {
  writeSealed(directory, SEALED, info);
}

/** Whether the directory says that it holds the periods of a soak. */
export function isSoak(directory: string): boolean {
  // Where the path itself leads nowhere, who opens it says so.
  return existsSync(join(directory, SOAK_FILE));
}

/** @throws Failure where it is none, or damaged, or of a version that this program does not know. */
export function readSoakFile(directory: string): SoakInfo {
  if (statOf(directory)?.isDirectory() !== true || !isSoak(directory))
    throw new Failure(`there is no soak at ${directory}: it has no ${SOAK_FILE}`, {
      hint: 'name a directory that "kept run soak" has made, such as store/run-42',
      exitStatus: EXIT.usage,
    });
  return readSealed(directory, SEALED);
}
