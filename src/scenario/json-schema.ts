import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

/** The JSON Schema of a scenario's file, for editors and other tools. */
export function scenarioJsonSchema(): object {
  return { title: 'A scenario of kept', ...z.toJSONSchema(scenarioSchema, { io: 'input' }) };
}
