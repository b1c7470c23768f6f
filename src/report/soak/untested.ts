import type { FaultTally } from './fault-tally.ts';
import type { StruckRole } from './struck-roles.ts';

/** What the faults of a soak left out. */
export interface Untested {
  /** Kinds that some period was to have, and that never took effect. */
  neverInEffect: string[];
  /** Kinds that took effect, but never on a node of these roles. */
  neverOn: { kind: string; roles: StruckRole[] }[];
  /** Kinds that this lab cannot do. */
  impossible: { kind: string; because: string }[];
  /** Kinds that there are, and that no period was to have. */
  notWanted: string[];
}

/** A drawn kind may be a form of another one: `one-way` and `cut-from-coordination` isolate. */
const STRIKES_AS: Readonly<Record<string, string>> = {
  'one-way': 'isolate',
  'cut-from-coordination': 'isolate',
};

const ROLES_TO_STRIKE: readonly StruckRole[] = ['leader', 'controller', 'follower'];
/** They are aimed at no node. */
const WITHOUT_ROLE: ReadonlySet<string> = new Set([
  'bisect',
  'bridge',
  'majority-ring',
  'partition',
  'cut',
  'move-leader',
]);

/**
 * @param options.wanted the kinds that the periods so far were to have.
 * @param options.all the kinds that there are.
 */
export function untestedOf(
  faults: readonly FaultTally[],
  {
    wanted,
    impossible,
    all,
  }: { wanted: ReadonlySet<string>; impossible: Untested['impossible']; all: readonly string[] },
): Untested {
  const inEffect = faults.filter(({ struck }) => struck > 0);
  const struck = new Set(inEffect.map(({ kind }) => kind));
  const known = new Set([...wanted, ...struck, ...impossible.map(({ kind }) => kind)]);
  return {
    neverInEffect: [...wanted].filter((kind) => !struck.has(STRIKES_AS[kind] ?? kind)).toSorted(),
    neverOn: inEffect.flatMap(({ kind, roles }) => {
      if (WITHOUT_ROLE.has(kind)) return [];
      const missing = ROLES_TO_STRIKE.filter((role) => !roles.some((entry) => entry.role === role));
      return missing.length === 0 ? [] : [{ kind, roles: missing }];
    }),
    impossible: [...impossible],
    notWanted: all.filter((kind) => !known.has(kind)).toSorted(),
  };
}
