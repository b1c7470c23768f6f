import { EXIT, Failure } from '../../core/failure.ts';
import type { Model } from '../model.ts';
import type { Value } from '../operation.ts';
import { appendList } from './append-list.ts';
import { counter } from './counter.ts';
import { fifoQueue } from './fifo-queue.ts';
import { kv } from './kv.ts';
import { multiRegister } from './multi-register.ts';
import { mutex } from './mutex.ts';
import { ownerMutex } from './owner-mutex.ts';
import { priorityQueue } from './priority-queue.ts';
import { register } from './register.ts';
import { set } from './set.ts';
import { stack } from './stack.ts';
import { unorderedQueue } from './unordered-queue.ts';

export const MODEL_NAMES = [
  'register',
  'cas-register',
  'kv',
  'multi-register',
  'counter',
  'set',
  'fifo-queue',
  'unordered-queue',
  'stack',
  'priority-queue',
  'max-priority-queue',
  'mutex',
  'owner-mutex',
  'append-list',
] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

/**
 * A model by its name.
 * @param options.initial what the object holds at first: the value of a register, of every key of `kv` and
 * `multi-register` (for `kv` also a map from keys to values), or of a counter; the members of a set, the values of a
 * list, a queue or a stack, the first one first. Default: nothing, and 0 for a counter.
 * @throws Failure where a model cannot begin with that.
 */
export function modelNamed(name: string, options: { initial?: Value } = {}): Model {
  switch (name as ModelName) {
    case 'register':
      return register(options);
    case 'cas-register':
      return register({ name: 'cas-register', cas: true, ...options });
    case 'kv':
      return kv(options);
    case 'multi-register':
      return multiRegister(options);
    case 'counter':
      return counter(options);
    case 'set':
      return holding(set, 'add', options.initial);
    case 'fifo-queue':
      return holding(fifoQueue, 'enqueue', options.initial);
    case 'unordered-queue':
      return holding(unorderedQueue, 'enqueue', options.initial);
    case 'stack':
      return holding(stack, 'push', options.initial);
    case 'priority-queue':
      return holding(priorityQueue({ name, first: 'smallest' }), 'insert', options.initial);
    case 'max-priority-queue':
      return holding(priorityQueue({ name, first: 'greatest' }), 'insert', options.initial);
    case 'mutex':
      return holding(mutex, null, options.initial);
    case 'owner-mutex':
      return holding(ownerMutex, null, options.initial);
    case 'append-list':
      return holding(appendList, 'append', options.initial);
    default:
      throw new Failure(`There is no model "${name}".`, {
        hint: `Models: ${MODEL_NAMES.join(', ')}.`,
        exitStatus: EXIT.usage,
      });
  }
}

/** @param f what puts a value into the object; null for one that always begins alike. */
function holding(model: Model, f: string | null, initial: Value | undefined): Model {
  if (initial === undefined || initial === null) return model;
  if (f !== null && Array.isArray(initial)) {
    const prelude = (initial as Value[]).map((input) => ({ f, input }));
    for (const { input } of prelude) assertFits(model, f, input);
    return { ...model, prelude };
  }
  throw new Failure(
    f === null
      ? `The model ${model.name} always begins free: it knows no initial value.`
      : `The model ${model.name} begins with a list of values, such as [1, 2], not with ${JSON.stringify(initial)}.`,
    { exitStatus: EXIT.usage },
  );
}

/** @throws Failure for a value that the object cannot hold. */
function assertFits(model: Model, f: string, input: Value): void {
  const first = {
    index: 0,
    process: 'initial',
    f,
    input,
    output: null,
    outcome: 'ok',
    call: 0,
    ret: 1,
  } as const;
  const fault = model.fault(first);
  if (fault !== null)
    throw new Failure(`The model ${model.name} cannot begin with ${JSON.stringify(input)}: ${fault}.`, {
      exitStatus: EXIT.usage,
    });
}
