import { NS_PER_MS } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { counted, seconds } from '../core/words.ts';
import { describeFault } from '../history/fault-words.ts';
import type { Schedule } from '../nemesis/schedule.ts';

/** Nodes that this program did not make: somebody may depend on them. */
export interface ForeignNodes {
  /** As the user named them, or as the cluster did: `kafka1 (10.0.0.1:9092)`. */
  nodes: readonly string[];
  /** What strikes them, in words: `the command ./hook.sh`, `commands over SSH, some of them with sudo`. */
  means: string;
}

/** The option that says yes. */
export const CONSENT_OPTION = '--yes-break-these-nodes';

/** More faults than these are told as a number. */
const TOLD_MAX = 20;

/**
 * Before the first fault on nodes that this program did not make: says what will be done to which of them, and goes on
 * only where the user has said yes on the command line. A run without faults needs no consent.
 * @throws Failure (usage) without consent
 */
export function assertConsent(
  foreign: ForeignNodes,
  {
    schedule,
    isDrawn = false,
    consent,
    say,
  }: {
    schedule: Schedule;
    /** Of a soak: the periods draw from these kinds, again and again. */
    isDrawn?: boolean;
    consent: boolean;
    say: (text: string) => void;
  },
): void {
  if (schedule.length === 0) return;
  say(`${isDrawn ? announcementOfSoak(foreign, schedule) : announcementOf(foreign, schedule)}\n`);
  if (consent) return;
  throw new Failure(
    'These nodes are not kept’s own, and this would break them for a while: nothing was done.',
    {
      hint: `Add ${CONSENT_OPTION} if they are yours to break, and what is said above is what you want; without faults (--faults none) it is not needed.`,
      exitStatus: EXIT.usage,
    },
  );
}

/** What may be done to whom, again and again. */
function announcementOfSoak(foreign: ForeignNodes, kinds: Schedule): string {
  return [
    ...headOf(foreign),
    '  faults of these kinds, drawn anew for each period until the soak ends; each is healed at its end, and all of them when its period ends:',
    `    ${kinds.map(({ id }) => id).join(', ')}`,
  ].join('\n');
}

function headOf({ nodes, means }: ForeignNodes): string[] {
  return ['*** FAULTS ON NODES THAT KEPT DID NOT MAKE ***', `  nodes: ${nodes.join(', ')}`, `  by ${means}`];
}

/** What will be done to whom, a line each. */
export function announcementOf(foreign: ForeignNodes, schedule: Schedule): string {
  const length = (ms: number) => seconds(ms * NS_PER_MS);
  const rest = schedule.length - TOLD_MAX;
  return [
    ...headOf(foreign),
    `  ${counted(schedule.length, 'fault')}, counted from the beginning of the faults phase; each is healed at its end, and all of them when the run ends:`,
    ...schedule.slice(0, TOLD_MAX).map(({ atMs, afterWrites, fault, forMs }) => {
      const after = afterWrites === undefined ? '' : ` after ${afterWrites} writes`;
      const until = forMs === null ? 'until the end' : `for ${length(forMs)}`;
      return `    ${length(atMs)}${after}  ${describeFault(fault)}, ${until}`;
    }),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
  ].join('\n');
}
