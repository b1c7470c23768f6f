import { Failure } from '../../core/failure.ts';
import { describe, type Operation } from './operation.ts';

/**
 * A copy of the history by call, with times replaced by their ranks: integers from 0, no two alike. What returns at
 * the very time of a call is concurrent with it, so calls come first.
 */
export function ranked(history: readonly Operation[]): Operation[] {
  const copies = history.map((operation) => {
    const { call, ret, outcome } = operation;
    if (!(call <= ret))
      throw new Failure(`Operation ${operation.index} (${describe(operation)}) returns before it is called.`);
    if (outcome === 'ok' && ret === Infinity) {
      throw new Failure(`Operation ${operation.index} (${describe(operation)}) is ok but never returns.`);
    }
    return { ...operation, ret: outcome === 'info' ? Infinity : ret };
  });
  const calls = copies.toSorted((a, b) => a.call - b.call);
  const returns = copies.filter(({ ret }) => ret !== Infinity).toSorted((a, b) => a.ret - b.ret);
  let rank = 0;
  let returned = 0;
  for (const operation of calls) {
    while (returned < returns.length && returns[returned]!.ret < operation.call)
      returns[returned++]!.ret = rank++;
    operation.call = rank++;
  }
  while (returned < returns.length) returns[returned++]!.ret = rank++;
  return calls;
}
