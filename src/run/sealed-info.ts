import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../core/draft.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { atPath } from '../core/paths.ts';
import { readRegular } from '../core/regular-file.ts';
import { checksum } from '../history/recorder/event-lines.ts';

/** A file that says what a directory of runs is about: JSON of version 1 with a checksum, so that no change goes unnoticed. */
export interface SealedInfo<Info> {
  file: string;
  schema: z.ZodType<Info>;
  /** For sentences: `the repeat`, of which it is not known `what was repeated`. */
  name: 'repeat' | 'soak';
  done: 'repeated' | 'soaked';
  /** What can be done where the file is damaged. */
  hintIfDamaged: (directory: string) => string;
}

/** @throws Failure when it cannot be written. */
export function writeSealed<Info>(directory: string, { file }: SealedInfo<Info>, info: Info): void {
  const path = join(directory, file);
  const content = { ...info, checksum: checksum(JSON.stringify(info)) };
  atPath(path, 'written', () => writeWhole(path, `${JSON.stringify(content, null, 2)}\n`));
}

/** @throws Failure where it is damaged, or of a version that this program does not know. */
export function readSealed<Info>(directory: string, sealed: SealedInfo<Info>): Info {
  const { file, schema, name, done, hintIfDamaged } = sealed;
  const path = join(directory, file);
  const damaged = (why: string): never => {
    throw new Failure(`the file ${path} ${why}, so it is not known what was ${done}`, {
      hint: hintIfDamaged(directory),
    });
  };
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(readRegular(path).toString()) as Record<string, unknown>;
  } catch (error) {
    return damaged(`cannot be read (${messageOf(error)})`);
  }
  if (Number.isInteger(content?.['version']) && content['version'] !== 1) {
    throw new Failure(
      `the ${name} ${directory} is of version ${String(content['version'])}; this program knows version 1`,
      { hint: 'use the version of kept that made it, or a newer one', exitStatus: EXIT.usage },
    );
  }
  const { checksum: written, ...info } = content ?? {};
  if (written !== checksum(JSON.stringify(info))) return damaged('is damaged: its checksum does not fit');
  const parsed = schema.safeParse(info);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ');
  throw new Failure(`the ${name} ${directory} does not fit this version of kept: ${why}`, {
    hint: `it was made by kept ${String(info['kept'])}: use that version`,
    exitStatus: EXIT.usage,
  });
}
