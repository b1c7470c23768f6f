import { Failure } from '../../core/failure.ts';
import { describe, type Operation } from '../operation.ts';

/**
 * A copy of the history by call, with times replaced by their ranks: integers from 0, no two alike. What returns at
 * the very time of a call is concurrent with it, so calls come first.
 */
export function ranked(history: readonly Operation[]): Operation[] {
  const copies: Operation[] = [];
  const returns: Operation[] = [];
  let inOrder = true;
  let latest = -Infinity;
  for (let at = 0; at < history.length; at++) {
    const operation = history[at]!;
    const { index, line, process, f, key, input, output, outcome, call, ret } = operation;
    if (!(call <= ret))
      throw new Failure(`Operation ${index} (${describe(operation)}) returns before it is called.`);
    if (outcome === 'ok' && ret === Infinity)
      throw new Failure(`Operation ${index} (${describe(operation)}) is ok but never returns.`);
    const copy = {
      index,
      line,
      process,
      f,
      key,
      input,
      output,
      outcome,
      call,
      ret: outcome === 'info' ? Infinity : ret,
    };
    copies.push(copy);
    if (outcome === 'ok') returns.push(copy);
    inOrder &&= call >= latest;
    latest = call;
  }
  const calls = inOrder ? copies : copies.toSorted((a, b) => a.call - b.call);
  returns.sort((a, b) => a.ret - b.ret);
  let rank = 0;
  let returned = 0;
  for (let at = 0; at < calls.length; at++) {
    const operation = calls[at]!;
    while (returned < returns.length && returns[returned]!.ret < operation.call)
      returns[returned++]!.ret = rank++;
    operation.call = rank++;
  }
  while (returned < returns.length) returns[returned++]!.ret = rank++;
  return calls;
}
