import { describe, type Operation, type Value } from './operation.ts';

/** What the checker says of a history. Nothing in it depends on the machine or on time, unless time ran out. */
export interface LinearResult {
  /** `unknown`: time or memory ran out, or nothing was tested; `reason` says which. */
  verdict: 'valid' | 'invalid' | 'unknown';
  /**
   * What decided: `zones` or `sweep` (fast paths for distinct values), `turns` (queues), `jit` (the engine), several of
   * them joined by `+` where keys differ, or `none`.
   */
  method: string;
  /** For `valid`: by key (for transactions by group of keys that they tie together), an order in which the operations can have happened one after another. */
  witness?: Witness[];
  /** For `invalid`. */
  culprit?: Culprit;
  /** For `unknown`. */
  reason?: string;
  stats: Stats;
}

export interface Witness {
  key?: Value;
  /** Indexes of operations. Those of unknown outcome that need not have happened are left out. */
  order: number[];
}

/** A smallest part of the history that cannot be explained. */
export interface Culprit {
  key?: Value;
  /** The first operation that cannot be placed. */
  operation: Sighting;
  /** The operations that it conflicts with: without any one of their answers and deadlines, all could be placed. */
  conflicts: Sighting[];
  /** False where the history was too large to find a smallest part: `conflicts` then holds what was concurrent. */
  minimal: boolean;
  /** Why, in words. */
  reason: string;
}

/** An operation, as results show it. */
export interface Sighting {
  /** Its rank by call, from 0. */
  index: number;
  /** The line of its call in the file, from 1, where the history has lines. */
  line?: number;
  process: string | number;
  f: string;
  input: Value;
  output: Value;
  outcome: Operation['outcome'];
  /** `p3 read → 4` */
  text: string;
}

export interface Stats {
  operations: number;
  /** Of unknown outcome. */
  unknown: number;
  keys: number;
  /** Configurations that the engine looked at. */
  steps: number;
  /** The most memory that the engine held, in bytes; an estimate. */
  bytesPeak: number;
}

export function sighting(operation: Operation): Sighting {
  const { index, line, process, f, input, output, outcome } = operation;
  return {
    index,
    ...(line === undefined ? {} : { line }),
    process,
    f,
    input,
    output,
    outcome,
    text: describe(operation),
  };
}
