import type { Decision, State } from '../model.ts';
import { exchangeOf, identity, type Operation, type Value } from '../operation.ts';

/**
 * Registers with distinct written values, in O(n log n), after Gibbons and Korach (Testing shared memories, 1997).
 *
 * Each value lives once: from its write, through its reads, to the write or cas that ends it. A cas continues the
 * value it found, so the values that cas link form one *chain*, in a known order and with nothing in between. Inside a chain
 * nothing may begin after something later in it has ended. Between chains only two numbers matter: the first return
 * `f` and the last call `s`. Chain Y must come before X iff f(Y) < s(X); two chains that must both come first are the
 * only way left to fail. When none are, sorting by min(f, s) is an order.
 *
 * Null when two writers share a value, or a failed cas asserts what was *not* there: the engine's business.
 */
export function zones(history: readonly Operation[], initial: Value): Decision | null {
  const origin: Operation = { ...ORIGIN, input: initial };
  const blocks = new Map<State, Block>([[identity(initial), { writer: origin, reads: [], next: null }]]);
  for (const operation of history) {
    if (operation.f === 'read') continue;
    if (operation.output === false || changesNothing(operation)) return null;
    const value = identity(writtenBy(operation));
    if (blocks.has(value)) return null;
    blocks.set(value, { writer: operation, reads: [], next: null });
  }
  for (const operation of history) {
    if (operation.f === 'write') continue;
    const wanted = operation.f === 'cas' ? exchangeOf(operation)[0] : operation.output;
    const block = blocks.get(identity(wanted));
    if (block === undefined) {
      return invalid([operation], `the ${JSON.stringify(wanted)} that it found was never written`);
    }
    if (operation.f === 'read') block.reads.push(operation);
    else if (block.next !== null)
      return invalid([block.next, operation], 'both took over from one and the same value');
    else block.next = operation;
  }
  return judge(blocks, origin);
}

/** What happens to one value. */
interface Block {
  writer: Operation;
  reads: Operation[];
  /** The cas that takes over from this value. */
  next: Operation | null;
}

interface Zone {
  operations: Operation[];
  /** The operation that returned first. */
  first: Operation;
  /** The operation that was called last. */
  last: Operation;
}

const ORIGIN = {
  index: -1,
  process: 'initial',
  f: 'write',
  output: null,
  outcome: 'ok',
  call: -Infinity,
  ret: -Infinity,
} as const;

function judge(blocks: ReadonlyMap<State, Block>, origin: Operation): Decision {
  const chains: Zone[] = [];
  let placed = 0;
  for (const head of blocks.values()) {
    if (head.writer.f === 'cas') continue;
    const operations: Operation[] = [];
    for (let block: Block | undefined = head; block !== undefined; block = after(block, blocks)) {
      operations.push(block.writer, ...block.reads.toSorted((a, b) => a.call - b.call));
      placed++;
    }
    const contrary = contradiction(operations);
    if (contrary !== null) return invalid(contrary, 'the order of the values contradicts real time');
    chains.push(zoneOf(operations));
  }
  if (placed < blocks.size) {
    const circle = [...blocks.values()].map(({ writer }) => writer).filter(({ f }) => f === 'cas');
    return invalid(circle, 'each cas needs the value that another of them wrote, in a circle');
  }
  chains.sort((a, b) => Math.min(a.first.ret, a.last.call) - Math.min(b.first.ret, b.last.call));
  let widest: Zone | null = null;
  for (const zone of chains) {
    if (widest !== null && zone.first.ret < widest.last.call) {
      const suspects = [widest.first, widest.last, zone.first, zone.last];
      return invalid(
        suspects.filter((operation) => operation !== origin),
        'two values must each come before the other',
      );
    }
    if (zone.first.ret < zone.last.call && (widest === null || zone.last.call > widest.last.call))
      widest = zone;
  }
  const witness = chains.flatMap(({ operations }) => operations).filter((operation) => operation !== origin);
  return { verdict: 'valid', method: 'zones', witness };
}

function after(block: Block, blocks: ReadonlyMap<State, Block>): Block | undefined {
  return block.next === null ? undefined : blocks.get(identity(writtenBy(block.next)));
}

/** `cas [v v]`: it finds a value and leaves it. */
export function changesNothing(operation: Operation): boolean {
  if (operation.f !== 'cas') return false;
  const [from, to] = exchangeOf(operation);
  return identity(from) === identity(to);
}

function writtenBy(operation: Operation): Value {
  return operation.f === 'cas' ? exchangeOf(operation)[1] : operation.input;
}

/** Two operations of a chain of which the later one ended before the earlier one began. Reads of one value commute. */
function contradiction(chain: readonly Operation[]): [Operation, Operation] | null {
  let latest: Operation | null = null;
  let latestRead: Operation | null = null;
  for (const operation of chain) {
    if (operation.f !== 'read') {
      latest = laterCall(latest, latestRead);
      latestRead = null;
    }
    if (latest !== null && latest.call > operation.ret) return [latest, operation];
    if (operation.f === 'read') latestRead = laterCall(latestRead, operation);
    else latest = laterCall(latest, operation);
  }
  return null;
}

function laterCall(a: Operation | null, b: Operation | null): Operation | null {
  if (a === null || b === null) return a ?? b;
  return a.call >= b.call ? a : b;
}

function zoneOf(operations: Operation[]): Zone {
  return {
    operations,
    first: operations.reduce((first, operation) => (operation.ret < first.ret ? operation : first)),
    last: operations.reduce((last, operation) => (operation.call > last.call ? operation : last)),
  };
}

function invalid(suspects: Operation[], reason: string): Decision {
  const distinct = [...new Set(suspects)];
  const operation = distinct.reduce((last, suspect) =>
    returnedBy(suspect) > returnedBy(last) ? suspect : last,
  );
  return { verdict: 'invalid', method: 'zones', operation, suspects: distinct, reason };
}

/** Operations that never returned come first: an operation that did is the better one to point at. */
function returnedBy({ ret }: Operation): number {
  return ret === Infinity ? -Infinity : ret;
}
