import type { Fault } from './fault.ts';
import { wordsOf } from './faults/words.ts';

/** A fault in one line, for people: `isolate leader from cluster`. Apart from the schemas, which take a while to load. */
export function describeFault(fault: Fault): string {
  const own = wordsOf(fault);
  if (own !== null) return own.label;
  if (fault.kind === 'isolate') {
    const direction = fault.direction === 'both' ? '' : ` (${fault.direction} only)`;
    return `isolate ${fault.target} from ${fault.from}${direction}`;
  }
  // Another tool may call something a partition, or a cut, that does not say between whom.
  if (fault.kind === 'partition' && 'groups' in fault) {
    return `partition ${fault.groups.map((group) => group.join(', ')).join(' | ')}${fault.groups.length === 1 ? ' | the others' : ''}`;
  }
  if (fault.kind === 'cut' && 'from' in fault)
    return `cut ${fault.from} ${fault.direction === 'both' ? '–' : '→'} ${fault.to}`;
  if (fault.kind === 'power-loss') return `power loss of ${fault.target}`;
  return 'target' in fault ? `${fault.kind} ${fault.target}` : fault.kind;
}
