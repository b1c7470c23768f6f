import { seededRandom, type Random } from '../../src/core/random.ts';
import type { Operation, Value } from '../../src/linear/operation.ts';
import type { Sequential } from './sequential.ts';

/**
 * A long history that is right by construction: so many processes at once work on an object that really exists, and
 * every operation takes effect at some instant between its call and its return.
 */
export function simulate(options: {
  object: Sequential;
  ask: (random: Random, index: number) => { f: string; input: Value };
  operations: number;
  processes: number;
  seed: number;
  /** How often the outcome is not heard of: a probability. */
  unknown?: number;
}): Operation[] {
  const { object, ask, operations, processes, unknown = 0 } = options;
  const random = seededRandom(options.seed);
  const history: Operation[] = [];
  const open: Operation[] = [];
  /** Open operations that have not taken effect yet. */
  const due = new Set<Operation>();
  let { start: state } = object;
  let time = 0;
  const takeEffect = (operation: Operation) => {
    const after = object.apply(state, operation.f, operation.input)!;
    ({ state } = after);
    if (ANSWERING.has(operation.f)) operation.output = after.output;
    due.delete(operation);
  };
  while (history.length < operations || open.length > 0) {
    const choice = random.int(3);
    if (choice === 0 && open.length < processes && history.length < operations) {
      const index = history.length;
      const asked = ask(random, index);
      const operation: Operation = {
        index,
        process: index,
        ...asked,
        output: null,
        outcome: 'ok',
        call: time++,
        ret: 0,
      };
      history.push(operation);
      open.push(operation);
      due.add(operation);
    } else if (choice === 1 && due.size > 0) {
      takeEffect(random.pick([...due]));
    } else if (choice === 2 && open.length > 0 && (open.length === processes || random.float() < 0.6)) {
      const [operation] = open.splice(random.int(open.length), 1) as [Operation];
      if (due.has(operation)) takeEffect(operation);
      operation.ret = time++;
      if (random.float() < unknown) forget(operation);
    }
  }
  return history;
}

const ANSWERING = new Set(['cas', 'read', 'dequeue', 'pop', 'poll', 'peek']);

/** The answer was not heard. A cas of unknown outcome is one that may have swapped. */
function forget(operation: Operation): void {
  operation.outcome = 'info';
  operation.ret = Infinity;
  operation.output = operation.f === 'cas' ? true : null;
}

/** What a client of a cas-register may ask for next. */
export const askCas = (random: Random) => {
  const f = random.pick(['read', 'write', 'cas']);
  return { f, input: f === 'read' ? null : f === 'write' ? random.int(5) : [random.int(5), random.int(5)] };
};
