import test from 'ava';
import { diagnoseNamespaces, type Symptoms } from '../../src/control/netns/diagnose-namespaces.ts';

/** An unprivileged user on a machine that forbids namespaces without saying why. */
const symptoms: Symptoms = {
  platform: 'linux',
  root: false,
  mayAdminister: false,
  missing: [],
  message: 'unshare: unshare failed: Operation not permitted',
  apparmorRestrictsUserNamespaces: null,
  unprivilegedUserNamespaces: null,
  maxUserNamespaces: 1_000,
  container: false,
};
const root = { root: true, mayAdminister: true };

const cases: [string, Partial<Symptoms>, RegExp, RegExp][] = [
  ['another system', { platform: 'darwin', missing: ['unshare'] }, /Linux.*darwin/, /Linux machine/],
  ['iproute2 is missing', { missing: ['ip'] }, /^ip is not installed/, /apt-get install iproute2"/],
  ['much is missing', { missing: ['unshare', 'nsenter'] }, /unshare, nsenter are/, /install util-linux"/],
  ['Ubuntu 24.04', { apparmorRestrictsUserNamespaces: 1 }, /AppArmor/, /sysctl kernel\.apparmor_.*userns=0/],
  [
    'Debian of old',
    { unprivilegedUserNamespaces: 0 },
    /forbids/,
    /sysctl kernel\.unprivileged_userns_clone=1/,
  ],
  ['a limit of zero', { maxUserNamespaces: 0 }, /limited to none/, /sysctl user\.max_user_namespaces=/],
  ['a limit', { ...root, message: 'unshare: No space left on device' }, /limit on the number/, /user\.max_/],
  ['root of a container', { root: true }, /this container/, /--privileged.*seccomp=unconfined/],
  ['a user in a container', { container: true }, /this container/, /--privileged/],
  [
    'a kernel without bridges',
    { ...root, message: 'Error: Unknown device type.' },
    /virtual/,
    /modprobe -a /,
  ],
  ['anything else, as root', root, /Operation not permitted/, /administrator/],
  ['anything else, as a user', {}, /Operation not permitted/, /as root/],
  // A setting that holds for others only must not be blamed.
  ['root on Ubuntu 24.04', { ...root, apparmorRestrictsUserNamespaces: 1 }, /are forbidden/, /administrator/],
];

for (const [name, change, reason, hint] of cases) {
  test(`without namespaces the reason and the way out are named: ${name}`, (t) => {
    const diagnosis = diagnoseNamespaces({ ...symptoms, ...change });
    t.regex(diagnosis.reason, reason);
    t.regex(diagnosis.hint, hint);
    t.notRegex(diagnosis.reason, /\.$/);
  });
}
