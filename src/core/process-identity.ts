import { readFileSync, readlinkSync } from 'node:fs';
import { parseProcessStat } from './process-stat.ts';

/**
 * A process that can be told from every other one: numbers of processes are used again, so its start and the boot of the
 * machine belong to it, and each pid namespace counts for itself.
 */
export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since the machine was booted. */
  startedTicks?: number;
  boot?: string;
  pidNamespace?: string;
}

/** Whether a process lives. Null when this process cannot see it, from another container or another machine. */
export function isAlive(identity: ProcessIdentity): boolean | null {
  const own = identityOf(process.pid);
  if (identity.boot !== own.boot) return identity.boot === undefined ? null : false;
  if (identity.pidNamespace !== own.pidNamespace) return null;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const { startedTicks } = identityOf(identity.pid);
  return startedTicks === undefined || startedTicks === identity.startedTicks;
}

export function thisProcess(): ProcessIdentity {
  return identityOf(process.pid);
}

function identityOf(pid: number): ProcessIdentity {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pidNamespace = attempt(() => readlinkSync('/proc/self/ns/pid'));
  const startedTicks = attempt(() =>
    Number(parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))!.startedTicks),
  );
  return {
    pid,
    ...(boot !== undefined && { boot }),
    ...(pidNamespace !== undefined && { pidNamespace }),
    ...(startedTicks !== undefined && { startedTicks }),
  };
}

/** Systems without /proc tell less. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
