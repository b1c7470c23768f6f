import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { diagnoseNamespaces } from './diagnose-namespaces.ts';

export interface Probed {
  allowed: boolean;
  /** Through a user namespace around the others: without root, or as a root that lacks the rights of one. */
  rootless: boolean;
  /** Why not, and what would allow it. */
  reason?: string;
  hint?: string;
}

const PROGRAMS = ['unshare', 'nsenter', 'mount', 'ip'];
const PROBE_TIMEOUT_MS = 10_000;
/** What an attempt gives that was not over in time: it says nothing of what is allowed. */
const UNANSWERED = `no answer within ${PROBE_TIMEOUT_MS / 1_000} s`;
const TOO_SLOW = {
  reason: `whether namespaces are allowed was not found out within ${PROBE_TIMEOUT_MS / 1_000} s`,
  hint: 'The machine may be too busy: try again when it has less to do.',
};
/** Everything that a lab is made of, once: a private mount, a named namespace, a bridge and a virtual cable. */
const ATTEMPT = `
mount --make-rprivate /
mount -t tmpfs tmpfs /run
ip netns add probe
ip link add probe0 type bridge
ip link add probe1 type veth peer name eth0 netns probe
`;

/** The arguments for `unshare` that make a lab's namespaces. */
export function unshareArguments(rootless: boolean): string[] {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return rootless ? ['--user', '--map-root-user', ...namespaces] : namespaces;
}

/** Whether a lab can be built here: finds out by building a very small one, in some hundredths of a second. */
export async function probeNamespaces(): Promise<Probed> {
  const root = process.getuid?.() === 0;
  const missing = process.platform === 'linux' ? PROGRAMS.filter((program) => !isInstalled(program)) : [];
  let message = '';
  if (process.platform === 'linux' && missing.length === 0) {
    const first = await attempt(!root);
    if (first === null) return { allowed: true, rootless: !root };
    // Root of a container may lack the rights of root, and yet be allowed what every user is.
    if (root && (await attempt(true)) === null) return { allowed: true, rootless: true };
    if (first === UNANSWERED) return { allowed: false, rootless: !root, ...TOO_SLOW };
    message = first;
  }
  const diagnosis = diagnoseNamespaces({
    platform: process.platform,
    root,
    mayAdminister: hasSysAdmin(),
    missing,
    message,
    apparmorRestrictsUserNamespaces: sysctl('kernel/apparmor_restrict_unprivileged_userns'),
    unprivilegedUserNamespaces: sysctl('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: sysctl('user/max_user_namespaces'),
    container:
      existsSync('/.dockerenv') ||
      existsSync('/run/.containerenv') ||
      process.env['KUBERNETES_SERVICE_HOST'] !== undefined,
  });
  return { allowed: false, rootless: !root, ...diagnosis };
}

/** What went wrong, or null. */
async function attempt(rootless: boolean): Promise<string | null> {
  const result = await execa('unshare', [...unshareArguments(rootless), 'sh', '-ec', ATTEMPT], {
    reject: false,
    stdin: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
    env: { LC_ALL: 'C' },
  });
  if (result.timedOut) return UNANSWERED;
  return result.exitCode === 0 ? null : result.stderr || result.shortMessage || 'it failed without a word';
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

const CAP_SYS_ADMIN = 21n;

function hasSysAdmin(): boolean | null {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status') ?? '')?.[1];
  return effective === undefined ? null : ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/** Null when this kernel does not have the setting. */
function sysctl(name: string): number | null {
  const text = read(join('/proc/sys', name));
  return text === null ? null : Number(text);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
