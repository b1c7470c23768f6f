import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { diagnoseNamespaces } from './symptoms.ts';

export interface Probed {
  allowed: boolean;
  /** Without root: a user namespace is needed around the others. */
  rootless: boolean;
  /** Why not, and what would allow it. */
  reason?: string;
  hint?: string;
}

const PROGRAMS = ['unshare', 'nsenter', 'mount', 'ip', 'bash', 'timeout'];
const PROBE_TIMEOUT_MS = 10_000;
/** Everything that a lab is made of, once: a private mount, a bridge and a pair of virtual cables. */
const ATTEMPT =
  'mount --make-rprivate / && mount -t tmpfs tmpfs /run && ip link add probe0 type bridge && ip link add probe1 type veth peer name probe2';

/** The arguments for `unshare` that make a lab's namespaces. */
export function unshareArguments(rootless: boolean): string[] {
  return [
    ...(rootless ? ['--user', '--map-root-user'] : []),
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
}

/** Whether a lab can be built here: finds out by building a very small one. */
export async function probeNamespaces(): Promise<Probed> {
  const rootless = process.getuid?.() !== 0;
  const missing = PROGRAMS.filter((program) => !isInstalled(program));
  let message = '';
  if (missing.length === 0) {
    const attempt = await execa('unshare', [...unshareArguments(rootless), 'sh', '-c', ATTEMPT], {
      reject: false,
      timeout: PROBE_TIMEOUT_MS,
    });
    if (attempt.exitCode === 0) return { allowed: true, rootless };
    message = attempt.stderr || attempt.message || 'the attempt failed without a word';
  }
  const diagnosis = diagnoseNamespaces({
    root: !rootless,
    missing,
    message,
    apparmorRestrictsUserNamespaces: sysctl('kernel/apparmor_restrict_unprivileged_userns'),
    unprivilegedUserNamespaces: sysctl('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: sysctl('user/max_user_namespaces'),
    container: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
  });
  return { allowed: false, rootless, ...diagnosis };
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Null when this kernel does not have the setting. */
function sysctl(name: string): number | null {
  try {
    return Number(readFileSync(join('/proc/sys', name), 'utf8'));
  } catch {
    return null;
  }
}
