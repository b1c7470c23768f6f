import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { realClock } from '../../../src/core/clock.ts';
import { insideCommand } from '../../../src/control/netns/names.ts';
import { addressesOf } from '../../../src/control/netns/lab.ts';

/**
 * Real sshd's for tests: one in each network namespace of a lab, with pids, mounts, a host name, a home, /tmp and /var/tmp of
 * its own, as a host has. To be used inside a lab.
 */
export interface SshdHost {
  name: string;
  address: string;
  /** The line of known_hosts that makes it known. */
  knownAs: string;
  /** Kills every session of its sshd, as a broken link would end them; the sshd itself goes on. */
  killSessions(): Promise<void>;
  /** Kills everything on it at once. */
  vanish(): Promise<void>;
  /** Runs a script on it, as its root would. */
  sh(script: string): Promise<string>;
  /** Its rules, as the kernel tells them. */
  rules(): Promise<string>;
}

export interface Sshds {
  hosts: Map<string, SshdHost>;
  /** HOME of the client: .ssh with a key that the hosts accept, a config and known_hosts. */
  home: string;
}

/** Why there can be none here; undefined when there can. */
export function whyNoSshds(namespaces: {
  allowed: boolean;
  rootless: boolean;
  reason?: string;
}): string | undefined {
  if (!namespaces.allowed) return namespaces.reason ?? 'no namespaces';
  if (namespaces.rootless) return 'sshd needs a real root';
  if (!existsSync('/usr/sbin/sshd')) return 'openssh-server is not installed';
  if (!existsSync('/usr/bin/ssh-keygen')) return 'openssh-client is not installed';
  return undefined;
}

export const SSHD_PORT = 22;
/** A user of the hosts who may not become root. */
export const PLAIN_USER = 'plain';
/** A user of the hosts who may, by sudo without a password. */
export const SUDO_USER = 'admin';

/** Of both of them. */
export const PASSWORD = 'correct horse';

/** A package in node_modules has a program of the name nft, too. */
const SYSTEM_PATH = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin\n';

/** Runs as process 1 of a host; $1 its name, $2 its address, $3 where its files come from. */
const HOST = `
${SYSTEM_PATH}mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd /run/kept-test
cp "$3"/host-$1 "$3"/authorized_keys "$3"/passwd "$3"/shadow "$3"/group "$3"/sudoers /run/kept-test/
chmod 600 /run/kept-test/host-$1; chmod 440 /run/kept-test/sudoers; chmod 755 /run/kept-test
chown -R 0:0 /run/kept-test
mount --bind /run/kept-test/passwd /etc/passwd
mount --bind /run/kept-test/group /etc/group
mount --bind /run/kept-test/shadow /etc/shadow
[ ! -f /etc/sudoers ] || mount --bind /run/kept-test/sudoers /etc/sudoers
hostname "$1"
mount -t tmpfs tmpfs /tmp; chmod 1777 /tmp
mount -t tmpfs tmpfs /var/tmp; chmod 1777 /var/tmp
mount -t tmpfs tmpfs /root; chmod 700 /root
mount -t tmpfs tmpfs /home
for user in ${PLAIN_USER} ${SUDO_USER}; do mkdir /home/$user; chown $user:$user /home/$user; done
# One of two kinds of packet filters on each host, where both are installed.
hidden=nft; [ "$1" = b ] || hidden=iptables
if command -v nft >/dev/null && command -v iptables >/dev/null; then mount --bind /dev/null "$(command -v $hidden)"; fi
cat >/run/kept-test/sshd_config <<END
Port ${SSHD_PORT}
ListenAddress $2
HostKey /run/kept-test/host-$1
AuthorizedKeysFile /run/kept-test/authorized_keys
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
UsePAM no
PidFile none
UseDNS no
Subsystem sftp internal-sftp
END
exec /usr/sbin/sshd -D -e -f /run/kept-test/sshd_config
`;

const clock = realClock();

/** @param clockAheadSeconds by host: how far its monotonic clock is ahead of this machine's. */
export async function startSshds(
  names: readonly string[],
  clockAheadSeconds: Readonly<Record<string, number>> = {},
): Promise<Sshds> {
  const place = mkdtempSync(join(tmpdir(), 'kept-sshd-'));
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  const home = join(place, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  await makeKey(join(home, '.ssh', 'id_ed25519'));
  copyFileSync(join(home, '.ssh', 'id_ed25519.pub'), join(place, 'authorized_keys'));
  await writeAccounts(place);
  const addresses = addressesOf(names);
  const hosts = new Map<string, SshdHost>();
  for (const name of names) {
    await makeKey(join(place, `host-${name}`));
    const address = addresses.get(name)!;
    const [type, key] = readFileSync(join(place, `host-${name}.pub`), 'utf8').split(' ');
    const namespaces = ['unshare', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
    const aheadSeconds = clockAheadSeconds[name];
    if (aheadSeconds !== undefined) namespaces.push('--time', '--monotonic', String(aheadSeconds));
    const [program, ...args] = [
      ...insideCommand(name),
      ...namespaces,
      'sh',
      '-ec',
      HOST,
      'sh',
      name,
      address,
      place,
    ];
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (process.env['KEPT_TEST_SSHD'] !== undefined) process.stderr.write(text);
    });
    await untilListening(name, child, () => said);
    hosts.set(name, {
      name,
      address,
      knownAs: `${address} ${type} ${key!.trim()}\n`,
      async sh(script) {
        // unshare's only child is the sshd.
        const { stdout: pid } = await execa('pgrep', ['-P', String(child.pid)]);
        const into = ['--target', pid, '--mount', '--net', '--pid', '--uts'];
        if (aheadSeconds !== undefined) into.push('--time');
        return (
          await execa('nsenter', [...into, 'sh', '-c', `${SYSTEM_PATH}${script}`], {
            reject: false,
            stdin: 'ignore',
          })
        ).stdout;
      },
      async killSessions() {
        // As process 1 of the host it is also the parent of every daemon.
        const script = `pkill -9 -P "$(pgrep -P ${child.pid})" -x sshd`;
        await execa('sh', ['-c', script], { reject: false, stdin: 'ignore' });
      },
      async vanish() {
        process.kill(child.pid!, 'SIGKILL');
        await new Promise((resolve) => child.once('close', resolve));
        await execa('ip', ['-n', name, 'link', 'set', 'eth0', 'down']);
      },
      async rules() {
        const [enter, ...words] = [
          ...insideCommand(name),
          'sh',
          '-c',
          `${SYSTEM_PATH}iptables -S; nft list ruleset`,
        ];
        return (await execa(enter, words, { reject: false })).stdout;
      },
    });
  }
  writeFileSync(
    join(home, '.ssh', 'known_hosts'),
    [...hosts.values()].map(({ knownAs }) => knownAs).join(''),
  );
  writeFileSync(
    join(home, '.ssh', 'config'),
    [...hosts.values()]
      .map(({ name, address }) => `Host ${name}\n  HostName ${address}\n  User root\n`)
      .join(''),
  );
  return { hosts, home };
}

/** Without a passphrase, or with one. */
export async function makeKey(file: string, passphrase = '', type = 'ed25519'): Promise<void> {
  await execa('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', file]);
}

/** Cuts a host's cable, or plugs it in again. */
export async function setCable(name: string, state: 'up' | 'down'): Promise<void> {
  await execa('ip', ['-n', name, 'link', 'set', 'eth0', state]);
}

async function writeAccounts(place: string): Promise<void> {
  const { stdout: password } = await execa('openssl', ['passwd', '-6', PASSWORD]);
  const users = [PLAIN_USER, SUDO_USER];
  const lines = (text: string, line: (user: string, id: number) => string) =>
    `${text}${users.map((user, index) => `${line(user, 4_200 + index)}\n`).join('')}`;
  writeFileSync(
    join(place, 'passwd'),
    lines(readFileSync('/etc/passwd', 'utf8'), (user, id) => `${user}:x:${id}:${id}::/home/${user}:/bin/sh`),
  );
  writeFileSync(
    join(place, 'group'),
    lines(readFileSync('/etc/group', 'utf8'), (user, id) => `${user}:x:${id}:`),
  );
  writeFileSync(
    join(place, 'shadow'),
    lines('root:*:19000::::::\nsshd:*:19000::::::\n', (user) => `${user}:${password}:19000::::::`),
  );
  writeFileSync(join(place, 'sudoers'), `root ALL=(ALL) ALL\n${SUDO_USER} ALL=(ALL) NOPASSWD: ALL\n`);
  chmodSync(place, 0o755);
}

async function untilListening(name: string, child: ChildProcess, said: () => string): Promise<void> {
  while (!said().includes('Server listening')) {
    if (child.exitCode !== null) throw new Error(`the sshd of ${name} ended: ${said()}`);
    await clock.sleep(10);
  }
}
