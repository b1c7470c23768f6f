import type { Finder } from './search/finder.ts';
import type { Memory } from './limits.ts';
import type { Operation } from './operation.ts';

/**
 * What an object promises when one operation happens after another: the sequential specification that a concurrent
 * history is held against. A model of your own is an object of this shape; see `models/mutex.ts` for the smallest.
 */
export interface Model {
  readonly name: string;
  /** The operations it knows, for messages: `read`, `write V`, … */
  readonly operations: readonly string[];
  /** What is wrong with an operation, in words ("expects [from to]"), or null. */
  fault(operation: Operation): string | null;
  /** A machine for one history of one object. */
  open(history: readonly Operation[]): Machine;
  /** What the object holds at first, as the operations that would have put it there, one after another. */
  readonly prelude?: readonly Pick<Operation, 'f' | 'input'>[];
  /**
   * Whether the answer of an operation depends on what the object held. A history without any such answer proves
   * nothing, so its verdict is `unknown`. Where this is missing, every answer does.
   */
  answers?(operation: Operation): boolean;
  /** Parts of the history of one object that have nothing to do with one another: each is decided alone. */
  split?(history: readonly Operation[]): Operation[][];
  /** Drops operations of unknown outcome of which nothing in the history can be a trace. */
  prune?(history: readonly Operation[]): readonly Operation[];
  /** Decides special histories faster than the engine can; null for all others. */
  shortcut?(history: readonly Operation[]): Decision | null;
  /** A search that knows this object better than the engine does, and is as complete. `method` names it. */
  search?: { method: 'turns'; begin(history: readonly Operation[], memory: Memory): Finder };
}

/** States are compared by `===`: equal states must be the same number or string. */
export type State = number | string;

export interface Machine {
  readonly start: State;
  /** The state after the operation, or null when the operation cannot have answered like this here. */
  step(state: State, operation: Operation): State | null;
  /** True for operations that never change any state: the engine may place them as soon as they fit. */
  observes(operation: Operation): boolean;
  /** A state that is never left and that no observer can answer in, where there is one. */
  readonly sink?: State;
  /** Operations with one letter do the same in every state: they are interchangeable. */
  letter(operation: Operation): string;
}

/** What a shortcut found. `suspects` are likely members of the smallest contradiction, no more. */
export type Decision =
  | { verdict: 'valid'; method: 'zones' | 'sweep'; witness: Operation[] }
  | {
      verdict: 'invalid';
      method: 'zones' | 'sweep';
      operation: Operation;
      suspects: Operation[];
      reason: string;
    };
