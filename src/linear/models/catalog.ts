import { EXIT, Failure } from '../../core/failure.ts';
import type { Model } from '../model.ts';
import type { Value } from '../operation.ts';
import { appendList } from './append-list.ts';
import { fifoQueue } from './fifo-queue.ts';
import { kv } from './kv.ts';
import { mutex } from './mutex.ts';
import { register } from './register.ts';
import { set } from './set.ts';

export const MODEL_NAMES = [
  'register',
  'cas-register',
  'kv',
  'set',
  'fifo-queue',
  'mutex',
  'append-list',
] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

/** A model by its name. @param options.initial what a register (or every key of `kv`) holds at first; default null. */
export function modelNamed(name: string, options: { initial?: Value } = {}): Model {
  switch (name as ModelName) {
    case 'register':
      return register(options);
    case 'cas-register':
      return register({ name: 'cas-register', cas: true, ...options });
    case 'kv':
      return kv(options);
    case 'set':
      return set;
    case 'fifo-queue':
      return fifoQueue;
    case 'mutex':
      return mutex;
    case 'append-list':
      return appendList;
    default:
      throw new Failure(`There is no model "${name}".`, {
        hint: `Models: ${MODEL_NAMES.join(', ')}.`,
        exitStatus: EXIT.usage,
      });
  }
}
