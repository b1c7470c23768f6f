export { check, type CheckOptions } from '../src/checker/linear/check.ts';
export type { Machine, Model, State } from '../src/checker/linear/model.ts';
export { modelNamed, type ModelName } from '../src/checker/linear/models/catalog.ts';
export { readHistory } from '../src/checker/linear/format/read-history.ts';
export type { Operation, Value } from '../src/checker/linear/operation.ts';
export type { Culprit, LinearResult, Sighting, Stats, Witness } from '../src/checker/linear/result.ts';
