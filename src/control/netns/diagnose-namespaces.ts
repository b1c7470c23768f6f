/**
 * Why namespaces are not to be had on a machine, and what would allow them. Pure, so that every case can be tested on
 * a machine that has none of them.
 */
export interface Symptoms {
  /** `process.platform`. */
  platform: string;
  root: boolean;
  /** Whether this process has CAP_SYS_ADMIN: root of a container mostly has not. Null when it is not known. */
  mayAdminister: boolean | null;
  /** Programs that were not found: `unshare`, `nsenter`, `mount`, `ip`. */
  missing: readonly string[];
  /** What unshare, mount or ip said, when the attempt failed. */
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
};

const CONTAINER_HINT =
  'Start the container with "docker run --privileged", or with "--cap-add SYS_ADMIN --cap-add NET_ADMIN ' +
  '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"; ' +
  'in Kubernetes, with "securityContext: {privileged: true}".';

/** The most certain explanation comes first: a missing program, a setting that forbids, then what the attempt said. */
export function diagnoseNamespaces(symptoms: Symptoms): Diagnosis {
  const { root, missing, message } = symptoms;
  if (symptoms.platform !== 'linux') {
    return {
      reason: `network namespaces are a thing of Linux, and this is ${symptoms.platform}`,
      hint: 'Run kept in a Linux machine, real or virtual, or in a privileged Linux container.',
    };
  }
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PACKAGES[program] ?? program))];
    return {
      reason: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`,
      hint: `Install ${packages.join(' and ')}: "apt-get install ${packages.join(' ')}", or what your system calls them.`,
    };
  }
  if (!root && symptoms.apparmorRestrictsUserNamespaces === 1) {
    return {
      reason:
        'AppArmor forbids unprivileged user namespaces (kernel.apparmor_restrict_unprivileged_userns=1, the default since Ubuntu 24.04)',
      hint: `${allowBy('kernel.apparmor_restrict_unprivileged_userns=0')}, or run kept as root.`,
    };
  }
  if (!root && symptoms.unprivilegedUserNamespaces === 0) {
    return {
      reason: 'the kernel forbids unprivileged user namespaces (kernel.unprivileged_userns_clone=0)',
      hint: `${allowBy('kernel.unprivileged_userns_clone=1')}, or run kept as root.`,
    };
  }
  if (!root && symptoms.maxUserNamespaces === 0) {
    return {
      reason: 'the number of user namespaces is limited to none (user.max_user_namespaces=0)',
      hint: `${allowBy('user.max_user_namespaces=15000')}, or run kept as root.`,
    };
  }
  if (/No space left on device/i.test(message)) {
    return {
      reason: `a limit on the number of namespaces is reached (${firstLine(message)})`,
      hint: 'See "sysctl -a | grep user.max_": raise the limits on user, net, mnt and pid namespaces.',
    };
  }
  if (/Unknown device type|Operation not supported/i.test(message)) {
    return {
      reason: `the kernel has no virtual network devices (${firstLine(message)})`,
      hint: 'Load them with "sudo modprobe -a bridge veth".',
    };
  }
  if (symptoms.container || (root && symptoms.mayAdminister === false)) {
    return { reason: `this container may not make namespaces (${firstLine(message)})`, hint: CONTAINER_HINT };
  }
  return {
    reason: `namespaces are forbidden (${firstLine(message)})`,
    hint: root
      ? 'A security policy of this machine is in the way: ask its administrator about unshare(2).'
      : 'Run kept as root, or ask the administrator of this machine about unprivileged user namespaces.',
  };
}

function allowBy(setting: string): string {
  return `Allow them until the next boot with "sudo sysctl ${setting}" (for good: put ${setting} into /etc/sysctl.d/60-kept.conf)`;
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0] ?? '';
}
