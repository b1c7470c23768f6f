import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { SSHConfig } from 'ssh-config';
import { EXIT, Failure } from '../../core/failure.ts';
import { atPath } from '../../core/paths.ts';
import { parseHost, type NamedHost } from './host.ts';

/** A host with everything that is needed to reach it, as OpenSSH's client would read it from its own files. */
export interface Target {
  /** What the user called it, for sentences. */
  name: string;
  host: string;
  port: number;
  user: string;
  /** Private keys to try, in this order. They need not be there. */
  identityFiles: string[];
  /** Whether only those keys may be tried, though an agent holds others. */
  identitiesOnly: boolean;
  /** The socket of the agent; null: there is none. */
  agent: string | null;
  /** Under which name its key stands in known_hosts. */
  hostKeyAlias: string | null;
  /** The user's own first: new keys are added to that. */
  knownHostsFiles: string[];
  /** Through which hosts the way goes, the first one first. */
  jumps: Target[];
}

const DEFAULT_PORT = 22;
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const SYSTEM_CONFIG = '/etc/ssh/ssh_config';
const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts';
/** A host that is reached through itself is reached never. */
const JUMPS_MAX = 8;
const INCLUDES_MAX = 16;

/**
 * Looks a host up in ~/.ssh/config and /etc/ssh/ssh_config. `StrictHostKeyChecking` is not read: a key that is wrong or
 * unknown stops everything, whatever stands there. A condition "Match exec" never runs its command, and does not hold.
 * @throws Failure for what cannot be honoured.
 */
export function resolveTarget(host: NamedHost, environment: NodeJS.ProcessEnv): Target {
  const home = environment['HOME'] || homedir();
  const config = SSHConfig.parse(
    [configText(join(home, '.ssh', 'config'), home), configText(SYSTEM_CONFIG, home)].join('\n'),
  );
  return resolve(host, { config, home, environment }, 0);
}

interface Surroundings {
  config: SSHConfig;
  home: string;
  environment: NodeJS.ProcessEnv;
}

function resolve(named: NamedHost, surroundings: Surroundings, depth: number): Target {
  const { config, home, environment } = surroundings;
  const settings = config.compute(
    { Host: named.host, ...(named.user !== null && { User: named.user }) },
    { ignoreCase: true, matchExec: false },
  );
  const all = (key: string): string[] => [settings[key] ?? []].flat().filter((value) => value !== '');
  const first = (key: string): string | null => all(key)[0] ?? null;
  const local = environment['USER'] || userInfo().username;
  const user = named.user ?? first('user') ?? local;
  const host = (first('hostname') ?? named.host).replaceAll('%h', named.host).replaceAll('%%', '%');
  const port = named.port ?? Number(first('port') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Failure(`The port of ${named.given} in ~/.ssh/config is "${first('port')}", which is none`);
  const path = (text: string) => {
    const tokens: Record<string, string> = {
      h: host,
      n: named.host,
      r: user,
      u: local,
      d: home,
      p: String(port),
      '%': '%',
    };
    const filled = text.replaceAll(/%(.)/g, (whole, token: string) => tokens[token] ?? whole);
    return filled === '~' || filled.startsWith('~/') ? join(home, filled.slice(1)) : filled;
  };
  const paths = (key: string) => {
    const given = all(key).map(path);
    return given.includes('none') ? [] : given;
  };
  const pathsOr = (key: string, otherwise: string[]) => (first(key) === null ? otherwise : paths(key));
  return {
    name: named.given,
    host,
    port,
    user,
    identityFiles: pathsOr(
      'identityfile',
      DEFAULT_KEYS.map((key) => join(home, '.ssh', key)),
    ),
    identitiesOnly: first('identitiesonly')?.toLowerCase() === 'yes',
    agent: agentOf(first('identityagent'), environment, path),
    hostKeyAlias: first('hostkeyalias'),
    knownHostsFiles: [
      ...pathsOr('userknownhostsfile', [
        join(home, '.ssh', 'known_hosts'),
        join(home, '.ssh', 'known_hosts2'),
      ]),
      ...pathsOr('globalknownhostsfile', [SYSTEM_KNOWN_HOSTS]),
    ],
    jumps: jumpsOf(named, first('proxyjump'), first('proxycommand'), surroundings, depth),
  };
}

function agentOf(
  configured: string | null,
  environment: NodeJS.ProcessEnv,
  path: (text: string) => string,
): string | null {
  const fromEnvironment = environment['SSH_AUTH_SOCK'] || null;
  if (configured === null || configured === 'SSH_AUTH_SOCK') return fromEnvironment;
  if (configured === 'none') return null;
  return configured.startsWith('$') ? environment[configured.slice(1)] || null : path(configured);
}

function jumpsOf(
  named: NamedHost,
  jump: string | null,
  command: string | null,
  surroundings: Surroundings,
  depth: number,
): Target[] {
  if (jump === null && command !== null && command !== 'none')
    throw new Failure(`~/.ssh/config reaches ${named.given} by a ProxyCommand, which kept cannot run`, {
      hint: 'use ProxyJump there: it says the same to newer versions of ssh',
      exitStatus: EXIT.usage,
    });
  if (jump === null || jump.toLowerCase() === 'none') return [];
  if (depth >= JUMPS_MAX)
    throw new Failure(`The ProxyJump of ${named.given} in ~/.ssh/config leads round in a circle`);
  const way = jump.split(',').map((part) => parseHost(part.trim().replace(/^ssh:\/\//, '')));
  const [entry, ...rest] = way.map((host) => resolve(host, surroundings, depth + 1));
  // As ssh does it: how the first one is reached counts, and between those that are listed there is nothing else.
  return [...entry!.jumps, { ...entry!, jumps: [] }, ...rest.map((target) => ({ ...target, jumps: [] }))];
}

/** The text of a file with those that it includes in their places; empty where there is no file. */
function configText(file: string, home: string, depth = 0): string {
  if (!existsSync(file) || depth > INCLUDES_MAX) return '';
  const text = atPath(file, 'read', () => readFileSync(file, 'utf8'));
  return text.replaceAll(/^[ \t]*Include[ \t=]+(.*)$/gim, (_line, patterns: string) =>
    patterns
      .trim()
      .split(/\s+/)
      .flatMap((pattern) => filesLike(pattern.replaceAll('"', ''), file, home))
      .map((included) => configText(included, home, depth + 1))
      .join('\n'),
  );
}

/** The files of a pattern with `*` and `?` in its last part. */
function filesLike(pattern: string, from: string, home: string): string[] {
  const below = from === SYSTEM_CONFIG ? dirname(from) : join(home, '.ssh');
  const absolute = pattern.startsWith('~/')
    ? join(home, pattern.slice(2))
    : isAbsolute(pattern)
      ? pattern
      : join(below, pattern);
  const directory = dirname(absolute);
  if (!existsSync(directory)) return [];
  const like = basename(absolute)
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return readdirSync(directory)
    .filter((name) => new RegExp(`^${like}$`).test(name))
    .toSorted()
    .map((name) => join(directory, name));
}
