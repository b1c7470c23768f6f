export { check, type CheckOptions } from '../src/linear/check.ts';
export type { Machine, Model, State } from '../src/linear/model.ts';
export { modelNamed, type ModelName } from '../src/linear/models/catalog.ts';
export { readHistory } from '../src/linear/format/read-history.ts';
export type { Operation, Value } from '../src/linear/operation.ts';
export type { Culprit, LinearResult, Sighting, Stats, Witness } from '../src/linear/result.ts';
