/**
 * Why namespaces are not to be had on a machine, and what would allow them. Pure, so that every case can be tested on
 * a machine that has none of them.
 */
export interface Symptoms {
  root: boolean;
  /** Programs that were not found: `unshare`, `ip`, `bash`, `nsenter`, `mount`, `timeout`. */
  missing: readonly string[];
  /** What unshare or ip said, when the attempt failed. */
  message: string;
  /** `/proc/sys/...` values, null where the file does not exist. */
  apparmorRestrictsUserNamespaces: number | null;
  unprivilegedUserNamespaces: number | null;
  maxUserNamespaces: number | null;
  container: boolean;
}

export interface Diagnosis {
  reason: string;
  hint: string;
}

/** The Debian package of each program; other distributions name them alike. */
const PACKAGES: Record<string, string> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  bash: 'bash',
  timeout: 'coreutils',
};

export function diagnoseNamespaces(symptoms: Symptoms): Diagnosis {
  const { root, missing, message } = symptoms;
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PACKAGES[program] ?? program))];
    return {
      reason: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`,
      hint: `Install ${packages.join(' and ')}: apt-get install ${packages.join(' ')}`,
    };
  }
  if (!root && symptoms.apparmorRestrictsUserNamespaces === 1) {
    return {
      reason: 'AppArmor forbids unprivileged user namespaces (the default since Ubuntu 24.04)',
      hint: 'Allow them until the next boot with "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0", or run kept as root.',
    };
  }
  if (!root && symptoms.unprivilegedUserNamespaces === 0) {
    return {
      reason: 'the kernel forbids unprivileged user namespaces',
      hint: 'Allow them with "sudo sysctl kernel.unprivileged_userns_clone=1", or run kept as root.',
    };
  }
  if (!root && symptoms.maxUserNamespaces === 0) {
    return {
      reason: 'the number of user namespaces is limited to none',
      hint: 'Allow some with "sudo sysctl user.max_user_namespaces=15000", or run kept as root.',
    };
  }
  if (/bridge|veth|Unknown device type|Operation not supported/i.test(message)) {
    return {
      reason: `the kernel has no virtual network devices (${firstLine(message)})`,
      hint: 'Load them with "sudo modprobe bridge veth".',
    };
  }
  if (symptoms.container) {
    return {
      reason: `this container may not make namespaces (${firstLine(message)})`,
      hint: 'Start it with "docker run --privileged", or with "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined".',
    };
  }
  return {
    reason: `namespaces are forbidden (${firstLine(message)})`,
    hint: root
      ? 'A security policy of this machine is in the way: ask its administrator about unshare(2).'
      : 'Run kept as root, or ask the administrator of this machine about unprivileged user namespaces.',
  };
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0] ?? '';
}
