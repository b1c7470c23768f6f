import { realClock, type Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { clause, listed } from '../../core/words.ts';
import { within } from '../../core/within.ts';
import type { Lab } from '../lab.ts';
import type { Remote } from '../remote.ts';
import type { Target } from './client-config.ts';
import type { NetNode } from './cut-rules.ts';
import { notedCommand, startDeadMan, type DeadMan } from './dead-man.ts';
import { removeImpairments } from './host-abilities.ts';
import { removeScript } from './packet-filter.ts';
import { openHost, SESSIONS, type RemoteHost } from './remote-host.ts';
import type { Secrets } from './secrets.ts';
import { sshNet } from './ssh-net.ts';
import { rootPrefix } from './survey.ts';

/** A node and the host that it is to live on. Nodes with the same target share a host, and its connection. */
export interface SshNode {
  name: string;
  target: Target;
  /** Where it listens: what a cut is about, and what a probe knocks at. */
  ports: readonly number[];
  /** Whether it opens no connection to any other node. */
  onlyAnswers: boolean;
}

export interface SshLabOptions {
  nodes: readonly SshNode[];
  /** Names what belongs to this run on the hosts: letters and digits. */
  run: string;
  /** The directory that the place of the run is made in; /var/tmp if absent. */
  parent?: string | null;
  /** Whether links are to be cut or impaired, which needs root. */
  cuts: boolean;
  acceptNew: boolean;
  secrets: Secrets;
  /** Files in the place of the run, as a pattern of the shell, that the timer removes when it strikes; none if absent. */
  confidential?: string;
  /** Without a sign of life for so long, a host undoes what this program has done there; 10 s if absent. */
  deadManSeconds?: number;
  /** Told what a user should know of the hosts while the lab lives. */
  note: (text: string) => void;
  clock?: Clock;
}

export interface SshLab extends Lab {
  /** A directory of this run on every host. It goes with the lab. */
  readonly place: string;
}

/** The directory that the place of a run is made in, if the user names no other. */
export const PLACES = '/var/tmp';
export const DEAD_MAN_SECONDS = 10;
const BEAT_MS = 1_000;
/** A host that answers a sign of life only after so long is told to be out of reach. */
const SILENT_MS = 2_500;
const CLOSE_TIMEOUT_MS = 15_000;

/** A lab of hosts that are somebody's. @throws Failure when one of them cannot be used, before anything is done to any. */
export async function createSshLab(options: SshLabOptions): Promise<SshLab> {
  const clock = options.clock ?? realClock();
  const closing = new AbortController();
  const place = `${options.parent ?? PLACES}/kept-${options.run}`;
  const hosts = await openHosts(options, clock);
  const deadMen = new Map<RemoteHost, DeadMan>();
  const byNode = new Map(options.nodes.map((node) => [node.name, hosts.get(keyOf(node.target))!]));
  const hostOf = (node: string) => byNode.get(node)!;
  const nodes = new Map(
    options.nodes.map(({ name, ports, onlyAnswers }): [string, NetNode] => [
      name,
      { name, ports, onlyAnswers, address: hostOf(name).facts.address },
    ]),
  );
  const net = options.cuts ? sshNet({ nodes, hostOf, run: options.run, clock }) : null;

  async function prepare(host: RemoteHost): Promise<void> {
    const { facts, control } = host;
    if (options.cuts) assertCuts(host);
    await control.files.makeDirectory(place);
    const { exitStatus, stderr } = await control.exec(['chmod', '700', place]);
    if (exitStatus !== 0) throw new Failure(`${place} on ${host.name} cannot be used: ${stderr}`);
    const deadMan = await startDeadMan({
      remote: control,
      place,
      asRoot: rootPrefix(facts.root) ?? [],
      removeRules:
        facts.filter === null
          ? null
          : `${removeScript(facts.filter, { run: options.run })}${removeImpairments(options.run)}`,
      confidential: options.confidential ?? null,
      timeoutSeconds: options.deadManSeconds ?? DEAD_MAN_SECONDS,
    });
    deadMen.set(host, deadMan);
    void beat(host, deadMan);
  }

  async function beat(host: RemoteHost, deadMan: DeadMan): Promise<void> {
    let silentSinceNs: number | null = null;
    let heardNs = clock.nowNs();
    const silent = (why: string, sinceNs: number) => {
      if (silentSinceNs !== null || closing.signal.aborted) return;
      silentSinceNs = sinceNs;
      options.note(`${host.name} is out of reach: ${clause(why)}.`);
    };
    while (!closing.signal.aborted) {
      const startedNs = clock.nowNs();
      const answered = new AbortController();
      void clock.sleep(SILENT_MS, answered.signal).then(() => {
        if (!answered.signal.aborted) silent(`nothing came for ${SILENT_MS / 1_000} s.`, startedNs);
      });
      try {
        const struck = await deadMan.beat();
        if (silentSinceNs !== null && !closing.signal.aborted) {
          const seconds = Math.max(1, Math.round((clock.nowNs() - silentSinceNs) / 1e9));
          options.note(`${host.name} was out of reach for ${seconds} s, and answers again.`);
        }
        silentSinceNs = null;
        heardNs = clock.nowNs();
        if (struck) {
          options.note(
            `The dead-man's timer of ${host.name} struck: its rules were removed and its processes killed. The rules are set again.`,
          );
          await deadMan.rearm();
          await net?.restore(host);
        }
      } catch (error) {
        // That a connection was lost is nothing to tell, if the next one is there soon.
        if (clock.nowNs() - heardNs > SILENT_MS * 1e6) silent(messageOf(error), heardNs);
      } finally {
        answered.abort();
      }
      await clock.sleep(BEAT_MS, closing.signal);
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    const seconds = options.deadManSeconds ?? DEAD_MAN_SECONDS;
    await Promise.all(
      [...deadMen].map(async ([host, deadMan]) => {
        try {
          const ended = deadMan.end().then(() => true);
          if ((await within(clock, CLOSE_TIMEOUT_MS, ended)) === null)
            throw new Failure(`no answer within ${CLOSE_TIMEOUT_MS / 1_000} s`);
        } catch (error) {
          options.note(
            `${host.name} could not be cleaned up: ${clause(messageOf(error))}. Its dead-man's timer does it after ${seconds} s.`,
          );
        }
      }),
    );
    for (const host of hosts.values()) host.close();
  }

  try {
    assertDistinct([...hosts.values()]);
    // None is touched where another one cannot be used.
    if (options.cuts) for (const host of hosts.values()) assertCuts(host);
    await Promise.all([...hosts.values()].map((host) => prepare(host)));
  } catch (error) {
    await close();
    throw error;
  }

  const shellsMax = (host: RemoteHost) => {
    const sharing = [...byNode.values()].filter((other) => other === host).length;
    return Math.floor((SESSIONS.all - SESSIONS.control - SESSIONS.files) / sharing);
  };
  return {
    nodes: new Map(
      options.nodes.map(({ name }) => {
        const remote = hostOf(name).remoteOf(name, { shellsMax: shellsMax(hostOf(name)), notes: place });
        return [name, noted(remote, place)];
      }),
    ),
    net,
    place,
    close,
  };
}

/** The hosts by their targets, all opened at the same time. */
async function openHosts(
  { nodes, acceptNew, secrets }: SshLabOptions,
  clock: Clock,
): Promise<Map<string, RemoteHost>> {
  const targets = new Map(nodes.map(({ target }) => [keyOf(target), target]));
  const opened = await Promise.allSettled(
    [...targets].map(async ([key, target]) => {
      return [key, await openHost(target, { acceptNew, secrets, clock })] as const;
    }),
  );
  const hosts = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return new Map(hosts);
  for (const [, host] of hosts) host.close();
  throw failed.reason;
}

function keyOf({ user, host, port, jumps }: Target): string {
  return JSON.stringify([user, host, port, jumps.map((jump) => [jump.host, jump.port])]);
}

/** @throws Failure when two names lead to one host, whose ports can be taken only once. */
export function assertDistinct(hosts: readonly Pick<RemoteHost, 'name' | 'facts'>[]): void {
  for (const [index, { name, facts }] of hosts.entries()) {
    const other = hosts.slice(0, index).find((one) => one.facts.address === facts.address);
    if (other !== undefined)
      throw new Failure(`${listed([other.name, name])} are one host, with the address ${facts.address}`);
  }
}

/** @throws Failure when the host cannot drop packets for us. */
export function assertCuts({ name, facts }: Pick<RemoteHost, 'name' | 'facts'>): void {
  const { root, filter } = facts;
  if (root.by === null)
    throw new Failure(`Links of ${name} cannot be cut, because that needs root there: ${root.because}`, {
      hint: `log in as root, or allow sudo without a password on ${name}: "USER ALL=(ALL) NOPASSWD: ALL" in /etc/sudoers.d/kept; or leave cuts out (--faults kill,stop,pause)`,
    });
  if (filter === null)
    throw new Failure(`Links of ${name} cannot be cut, because neither nft nor iptables works there`, {
      hint: `install one on ${name}: "apt-get install nftables"; or leave cuts out (--faults kill,stop,pause)`,
    });
}

/** Everything that the run starts there is known to the dead-man's timer. */
function noted(remote: Remote, place: string): Remote {
  return { ...remote, spawn: (command, spawn) => remote.spawn(notedCommand(place, command), spawn) };
}
