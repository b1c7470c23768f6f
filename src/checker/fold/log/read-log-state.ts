import { z } from 'zod';
import { Failure, messageOf } from '../../../core/failure.ts';
import { logStateSchema, type LogState } from './log-state.ts';

/**
 * A state of segments of one log that was written down as JSON.
 * @param where names it in the error.
 * @throws Failure where it is none, or one of another version.
 */
export function readLogState(text: string, where: string): LogState {
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
  const parsed = logStateSchema.safeParse(json);
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error).split('\n').slice(0, 2).join(' ').trim());
  return parsed.data;
}
