// A client in a program of its own whose consumers are members of a group, the only ones there are: two partitions with three
// records each. What it does wrong is told by its first argument.
import { createInterface } from 'node:readline';

const [fault = 'none'] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
say({
  protocol: 1,
  library: 'in-memory',
  transactions: true,
  consumers: true,
  groups: fault !== 'groupless',
});

const RECORDS = 3;
const committed = [0, 0];
let position = [0, 0];
let generation = 6;

const requests = {
  subscribe: (asked) => (fault === 'echo' ? { error: JSON.stringify(asked) } : {}),
  poll() {
    if (fault === 'fenced') return { error: 'FencedInstanceIdException' };
    if (fault === 'silent') return null;
    generation++;
    const records = position.flatMap((from, partition) =>
      Array.from({ length: RECORDS - from }, (_, index) => ({ partition, offset: from + index, value: 'é' })),
    );
    position = [RECORDS, RECORDS];
    return { records, assigned: [1, 0], generation, member: 'member-1' };
  },
  commit({ offsets }) {
    if (fault === 'stale') return { error: 'CommitFailedException' };
    for (const { partition, offset } of offsets) committed[partition] = offset;
    return { generation };
  },
  rewind() {
    position = [...committed];
    return {};
  },
  'send-offsets': (asked) => ({ error: JSON.stringify(asked) }),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { op, id, ...asked } = JSON.parse(line);
  const answer = op in requests ? requests[op](asked) : {};
  if (answer !== null) say({ id, ...answer });
});
