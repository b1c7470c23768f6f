import { appendFileSync, chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../../../src/core/failure.ts';
import { resolveTarget } from '../../../src/control/ssh/client-config.ts';
import { connect, type Connection } from '../../../src/control/ssh/connection.ts';
import { parseHost } from '../../../src/control/ssh/host.ts';
import { terminalSecrets } from '../../../src/control/ssh/secrets.ts';
import { makeKey, PASSWORD, type Sshds } from './sshd.ts';

/** What is told of real sshd's, and must be so. */
export interface SshCase {
  name: string;
  hosts: readonly string[];
  facts: unknown;
  tell(sshds: Sshds): Promise<unknown>;
}

interface Answers {
  acceptNew?: boolean;
  agent?: string;
  /** What a person types when asked something; nothing where there is no terminal. */
  typed?: Record<string, string>;
}

/** What comes of an attempt to connect: what `whoami` says there, or the sentence. */
async function whoami(
  { home }: Sshds,
  given: string,
  { acceptNew = false, typed = {}, agent }: Answers = {},
): Promise<string> {
  const asked: string[] = [];
  const secrets = terminalSecrets(async (question) => {
    asked.push(question);
    return typed[question.split(' ')[0]!] ?? null;
  });
  try {
    const target = resolveTarget(parseHost(given), { HOME: home, USER: 'root', SSH_AUTH_SOCK: agent });
    const connection = await connect(target, { acceptNew, secrets });
    const said = await commandOn(connection, 'whoami; uname -n');
    connection.close();
    return said.trim().replace('\n', ' on ');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message.replaceAll(/SHA256:[\w+/]+/g, 'SHA256:…');
  }
}

async function commandOn(connection: Connection, command: string): Promise<string> {
  const shell = await connection.openShell();
  shell.stdin.end(`${command}\n`);
  let said = '';
  for await (const chunk of shell.stdout) said += String(chunk);
  return said;
}

const configOf = ({ home }: Sshds) => join(home, '.ssh', 'config');
const knownHostsOf = ({ home }: Sshds) => join(home, '.ssh', 'known_hosts');

export const CASES: readonly SshCase[] = [
  {
    name: 'a host is reached by an alias, by its address, as another user, and through another host',
    hosts: ['a', 'b'],
    facts: {
      alias: 'root on a',
      address: 'root on b',
      user: 'plain on a',
      jump: 'root on b',
      closedJump: 'far cannot be reached through a: (SSH) Channel open failure: Connection refused',
    },
    async tell(sshds) {
      const b = sshds.hosts.get('b')!.address;
      appendFileSync(
        configOf(sshds),
        `Host far\n  HostName ${b}\n  Port 2222\n  ProxyJump a\nHost behind\n  HostName ${b}\n  User root\n  ProxyJump plain@a\n`,
      );
      return {
        alias: await whoami(sshds, 'a'),
        address: await whoami(sshds, `root@${b}`),
        user: await whoami(sshds, 'plain@a'),
        jump: await whoami(sshds, 'behind'),
        closedJump: await whoami(sshds, 'far'),
      };
    },
  },
  {
    name: 'a key that is unknown, wrong or revoked stops everything, and is learnt only where that was asked for',
    hosts: ['a', 'b'],
    facts: {
      unknown:
        'The key of a is unknown: it shows ssh-ed25519 SHA256:…, and no known_hosts has one for 192.0.2.10',
      changed:
        'The key of a is not the one that is known: it shows ssh-ed25519 SHA256:…, and known_hosts has another one for 192.0.2.10',
      changedButNewAreAccepted:
        'The key of a is not the one that is known: it shows ssh-ed25519 SHA256:…, and known_hosts has another one for 192.0.2.10',
      revoked: 'The key of a (ssh-ed25519 SHA256:…) is marked as revoked in known_hosts',
      otherType: 'root on a',
      laxConfiguration:
        'The key of a is unknown: it shows ssh-ed25519 SHA256:…, and no known_hosts has one for 192.0.2.10',
      accepted: 'root on a',
      afterwards: 'root on a',
      written: true,
    },
    async tell(sshds) {
      const { hosts, home } = sshds;
      const [a, b] = [hosts.get('a')!, hosts.get('b')!];
      const file = knownHostsOf(sshds);
      const known = (text: string) => writeFileSync(file, text);
      known('');
      const unknown = await whoami(sshds, 'a');
      known(b.knownAs.replace(b.address, a.address));
      const changed = await whoami(sshds, 'a');
      const changedButNewAreAccepted = await whoami(sshds, 'a', { acceptNew: true });
      known(`${a.knownAs}@revoked * ${a.knownAs.split(' ').slice(1).join(' ')}`);
      const revoked = await whoami(sshds, 'a');
      // The server has no such key. It is asked for those that are known, of which it has one.
      await makeKey(join(home, 'rsa'), '', 'rsa');
      known(`${a.address} ${readFileSync(join(home, 'rsa.pub'), 'utf8')}${a.knownAs}`);
      const otherType = await whoami(sshds, 'a');
      known('');
      const config = readFileSync(configOf(sshds), 'utf8');
      writeFileSync(configOf(sshds), `StrictHostKeyChecking no\n${config}`);
      const laxConfiguration = await whoami(sshds, 'a');
      rmSync(file);
      const accepted = await whoami(sshds, 'a', { acceptNew: true });
      return {
        unknown,
        changed,
        changedButNewAreAccepted,
        revoked,
        otherType,
        laxConfiguration,
        accepted,
        afterwards: await whoami(sshds, 'a'),
        written: readFileSync(file, 'utf8') === a.knownAs,
      };
    },
  },
  {
    name: 'an agent and a password let in, too, and a wrong password does not',
    hosts: ['a'],
    facts: {
      agent: 'root on a',
      otherKey: 'a does not let root in: no key and no password was accepted',
      thisKey: 'root on a',
      password: 'plain on a',
      wrongPassword: 'plain@a does not let plain in: no key and no password was accepted',
    },
    async tell(sshds) {
      const key = join(sshds.home, '.ssh', 'id_ed25519');
      const agent = join(sshds.home, 'agent');
      const { stdout } = await execa('ssh-agent', ['-s', '-a', agent]);
      await execa('ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: agent } });
      const elsewhere = join(sshds.home, 'key');
      renameSync(key, elsewhere);
      renameSync(`${key}.pub`, `${elsewhere}.pub`);
      const throughAgent = await whoami(sshds, 'a', { agent });
      const config = readFileSync(configOf(sshds), 'utf8');
      await makeKey(join(sshds.home, 'other'), 'closed');
      const only = (file: string) =>
        writeFileSync(configOf(sshds), `IdentitiesOnly yes\nIdentityFile ${file}\n${config}`);
      only('~/other');
      const otherKey = await whoami(sshds, 'a', { agent });
      rmSync(elsewhere);
      only('~/key');
      const thisKey = await whoami(sshds, 'a', { agent });
      process.kill(Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)![1]));
      return {
        agent: throughAgent,
        otherKey,
        thisKey,
        password: await whoami(sshds, 'plain@a', { typed: { Password: PASSWORD } }),
        wrongPassword: await whoami(sshds, 'plain@a', { typed: { Password: 'wrong horse' } }),
      };
    },
  },
  {
    name: 'a key with a passphrase opens when the passphrase is given, and a host that takes no key of ours says so',
    hosts: ['a'],
    facts: {
      given: 'root on a',
      wrong: 'a does not let root in: no key and no password was accepted',
      noTerminal: 'a does not let root in: no key and no password was accepted',
      stranger: 'a does not let root in: no key and no password was accepted',
      unreadable: 'a does not let root in: no key and no password was accepted',
    },
    async tell(sshds) {
      const key = join(sshds.home, '.ssh', 'id_ed25519');
      await execa('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', key]);
      const given = await whoami(sshds, 'a', { typed: { Passphrase: 'open sesame' } });
      const wrong = await whoami(sshds, 'a', { typed: { Passphrase: 'close sesame' } });
      const noTerminal = await whoami(sshds, 'a');
      rmSync(key);
      await makeKey(key);
      const stranger = await whoami(sshds, 'a');
      writeFileSync(key, 'no key at all');
      chmodSync(key, 0o600);
      return { given, wrong, noTerminal, stranger, unreadable: await whoami(sshds, 'a') };
    },
  },
  {
    name: 'a host that is not there, has no sshd, or does not answer is told in one sentence',
    hosts: ['a'],
    facts: {
      unresolved: 'There is no host "no-such-host.invalid": its name cannot be resolved',
      refused: 'root@192.0.2.10:2200 refuses connections: no sshd listens on 192.0.2.10:2200',
      unreachable: 'root@192.0.2.99 cannot be reached: 192.0.2.99:22 says EHOSTUNREACH',
    },
    tell: async (sshds) => ({
      unresolved: await whoami(sshds, 'root@no-such-host.invalid'),
      refused: await whoami(sshds, 'root@192.0.2.10:2200'),
      unreachable: await whoami(sshds, 'root@192.0.2.99'),
    }),
  },
];
