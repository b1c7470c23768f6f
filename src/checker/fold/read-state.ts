import { z } from 'zod';
import { Failure, messageOf } from '../../core/failure.ts';
import { foldStateSchema, type FoldState } from './fold-state.ts';
import { logStateSchema, type LogState } from './log/log-state.ts';

/**
 * A state of segments with logs of their own that was written down as JSON.
 * @param where names it in the error.
 * @throws Failure where it is none, or one of another version.
 */
export function readFoldState(text: string, where: string): FoldState {
  return readState(text, where, foldStateSchema);
}

/** The same of segments of one log. */
export function readLogState(text: string, where: string): LogState {
  return readState(text, where, logStateSchema);
}

function readState<State>(text: string, where: string, schema: z.ZodType<State>): State {
  const damaged = (why: string) =>
    new Failure(`what was known of the earlier segments cannot be read from ${where}: ${why}`, {
      hint: 'judge the segments again, if their histories are still there',
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(messageOf(error));
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (version !== undefined && version !== 1) {
    throw new Failure(`${where} is of version ${JSON.stringify(version)}; this program reads version 1`, {
      hint: 'use the version of kept that wrote it, or a newer one',
    });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error).split('\n').slice(0, 2).join(' ').trim());
  return parsed.data;
}
