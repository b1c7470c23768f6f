import type { Damage } from '../run.ts';
import { choiceOf, type Fields, textOf } from './fields.ts';

/**
 * What was damaged in a history before it was exported: so that what is missing in the copy is not taken for something
 * that Kafka lost. Exports have it in their line "run"; in older ones it stands in lines of its own.
 */
export function parseDamage(fields: Fields): Damage {
  return {
    file: textOf(fields, 'file'),
    kind: choiceOf(fields, 'kind', ['torn', 'corrupt', 'missing'] as const),
    detail: textOf(fields, 'detail'),
  };
}
