import { hostname } from 'node:os';
import { isAlive, thisProcess, type ProcessIdentity } from '../../core/process-identity.ts';

/**
 * Everything that is made under a daemon carries the run that made it and the process that owns it. Only what carries
 * them is ever removed, and only once its owner is dead.
 */
export const RUN_LABEL = 'kept.run';
/** For people: `host:pid:start`. */
export const OWNER_LABEL = 'kept.owner';
/** The same for programs, as JSON: it also says which boot of which machine, and which pid namespace. */
const PROCESS_LABEL = 'kept.process';
/** What it is for: a node's name, `helper of NAME`, `reaper`, `network`. */
export const ROLE_LABEL = 'kept.role';

export interface Labels extends Record<string, string> {}

/** The labels of one thing of a run. */
export function labelsOf(run: string, role: string): Labels {
  const owner = thisProcess();
  return {
    [RUN_LABEL]: run,
    [OWNER_LABEL]: `${hostname()}:${owner.pid}:${owner.startedTicks ?? 'unknown'}`,
    [PROCESS_LABEL]: JSON.stringify(owner),
    [ROLE_LABEL]: role,
  };
}

/** Whether the process that made it lives; null where that cannot be seen from here. */
export function ownerLives(labels: Readonly<Record<string, string>>): boolean | null {
  const identity = parse(labels[PROCESS_LABEL]);
  if (identity === null) return null;
  // Another machine's process is no business of this one's.
  if (labels[OWNER_LABEL]?.startsWith(`${hostname()}:`) !== true) return null;
  return isAlive(identity);
}

function parse(text: string | undefined): ProcessIdentity | null {
  try {
    const identity = JSON.parse(text ?? '') as ProcessIdentity | null;
    return typeof identity?.pid === 'number' ? identity : null;
  } catch {
    return null;
  }
}
