import type { Machine, Model } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';

/**
 * A lock that knows its owner: `acquire` needs it free, `release` needs it held by the one who releases it. It cannot
 * be acquired twice by one owner.
 *
 * The owner is the client that an operation names, in its argument or in its answer (`{client: "n1"}`, as in Jepsen's
 * tests of Hazelcast), else the process. An operation whose client never became known may be that of any client.
 */
export const ownerMutex: Model = {
  name: 'owner-mutex',
  operations: ['acquire', 'release'],
  fault: () => null,
  open(history): Machine {
    const ownerOf = ownersIn(history);
    return {
      start: FREE,
      step(state, operation) {
        const owner = ownerOf(operation);
        if (operation.f === 'acquire') return state === FREE ? `held by ${owner}` : null;
        if (state === FREE) return null;
        return state === `held by ${owner}` || owner === ANY || state === `held by ${ANY}` ? FREE : null;
      },
      observes: () => false,
      letter: (operation) => `${operation.f} ${ownerOf(operation)}`,
    };
  },
};

const FREE = 'free';
const ANY = 'any client';

/** Who each operation is of. A process works for one client, which any of its operations may name. */
function ownersIn(history: readonly Operation[]): (operation: Operation) => string {
  const clients = new Map<Operation['process'], Value>();
  for (const operation of history) {
    const client = clientOf(operation);
    if (client !== undefined) clients.set(operation.process, client);
  }
  return (operation) => {
    const client = clientOf(operation) ?? clients.get(operation.process);
    if (client !== undefined) return `client ${identity(client)}`;
    return clients.size > 0 ? ANY : `process ${operation.process}`;
  };
}

function clientOf({ input, output }: Operation): Value | undefined {
  for (const value of [output, input]) {
    if (typeof value === 'object' && value !== null && 'client' in value) return value['client'];
  }
  return undefined;
}
