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
  'mutex',
  'owner-mutex',
  'append-list',
] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

/** A model by its name. @param options.initial what a register (or every key of `kv`
 * and `multi-register`, or a counter) holds at first; default null, for a counter 0. */
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
      return set;
    case 'fifo-queue':
      return fifoQueue;
    case 'unordered-queue':
      return unorderedQueue;
    case 'stack':
      return stack;
    case 'mutex':
      return mutex;
    case 'owner-mutex':
      return ownerMutex;
    case 'append-list':
      return appendList;
    default:
      throw new Failure(`There is no model "${name}".`, {
        hint: `Models: ${MODEL_NAMES.join(', ')}.`,
        exitStatus: EXIT.usage,
      });
  }
}
