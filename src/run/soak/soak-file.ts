import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../core/draft.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { atPath, statOf } from '../../core/paths.ts';
import { readRegular } from '../../core/regular-file.ts';
import { SOAK_FILE } from '../../history/layout.ts';
import { checksum } from '../../history/recorder/event-lines.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import { systemSchema, wishesSchema } from '../repeat/repeat-file.ts';

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

export function writeSoakFile(directory: string, info: SoakInfo): void {
  const path = join(directory, SOAK_FILE);
  const content = { ...info, checksum: checksum(JSON.stringify(info)) };
  atPath(path, 'written', () => writeWhole(path, `${JSON.stringify(content, null, 2)}\n`));
}

/** Whether the directory says that it holds the periods of a soak. */
export function isSoak(directory: string): boolean {
  return statOf(join(directory, SOAK_FILE)) !== null;
}

/** @throws Failure where it is none, or damaged, or of a version that this program does not know. */
export function readSoakFile(directory: string): SoakInfo {
  const path = join(directory, SOAK_FILE);
  if (statOf(directory)?.isDirectory() !== true || !isSoak(directory))
    throw new Failure(`there is no soak at ${directory}: it has no ${SOAK_FILE}`, {
      hint: 'name a directory that "kept run soak" has made, such as store/run-42',
      exitStatus: EXIT.usage,
    });
  const damaged = (why: string): never => {
    throw new Failure(`the file ${path} ${why}, so it is not known what was soaked`, {
      hint: `its periods are sound all the same: kept check ${join(directory, 'period-1')}`,
    });
  };
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(readRegular(path).toString()) as Record<string, unknown>;
  } catch (error) {
    return damaged(`cannot be read (${messageOf(error)})`);
  }
  const foreign = (why: string): never => {
    throw new Failure(`the soak ${directory} ${why}`, {
      hint: 'use the version of kept that made it, or a newer one',
      exitStatus: EXIT.usage,
    });
  };
  if (Number.isInteger(content?.['version']) && content['version'] !== 1)
    return foreign(`is of version ${String(content['version'])}; this program knows version 1`);
  const { checksum: written, ...info } = content ?? {};
  if (written !== checksum(JSON.stringify(info))) return damaged('is damaged: its checksum does not fit');
  const parsed = infoSchema.safeParse(info);
  if (parsed.success) return parsed.data;
  return foreign(
    `does not fit this version of kept: ${z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ')}`,
  );
}
