import type { Damage } from '../run.ts';
import { choiceOf, type Fields, textOf } from './fields.ts';

/**
 * What was damaged in a history before it was exported: a line of this program's own, so that what is missing in the
 * copy is not taken for something that Kafka lost.
 */
export function parseDamage(fields: Fields): Damage {
  return {
    file: textOf(fields, 'file'),
    kind: choiceOf(fields, 'kind', ['torn', 'corrupt', 'missing'] as const),
    detail: textOf(fields, 'detail'),
  };
}

export function formatDamage({ file, kind, detail }: Damage): Record<string, unknown> {
  return { type: 'damage', file, kind, detail };
}
