import { EXIT, Failure } from '../core/failure.ts';
import { clientHosts } from '../core/link.ts';
import { bringNodeJsTo } from '../control/ssh/bring-node-js.ts';
import { parseHosts } from '../control/ssh/host.ts';
import { abilitiesOfHost } from '../control/ssh/host-abilities.ts';
import { assertCuts, assertDistinct, PLACES } from '../control/ssh/lab.ts';
import type { RemoteHost } from '../control/ssh/remote-host.ts';
import { CLIENT_PORT, CONTROLLER_PORT, ZOOKEEPER_PORT } from '../db/kafka/config.ts';
import type { Distribution } from '../db/kafka/distribution.ts';
import { bringKafkaTo, findJavaOn } from '../db/kafka/on-host.ts';
import { planNodes, type PlannedNode } from '../db/kafka/plan.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import { isProcessFault } from '../nemesis/process-faults.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import { forecastOf } from '../scenario/forecast.ts';
import type { LabKind, SshNodePlan, SshPlan } from '../world/plan.ts';
import { assertConsent } from './consent.ts';
import { assertImpairments } from './impairments.ts';
import { sizeOf } from './room.ts';
import { openAll } from './prepare-load-hosts.ts';
import { isDrawn } from './soak/fit-soak.ts';
import { assertReachable, untilFree } from './ssh-reach.ts';

/** What the lab of hosts behind SSH needs beyond others: the hosts, and what has to be there. */

/** As much of a user's wishes as hosts depend on. */
export interface SshWishes {
  /** The hosts: `user@a,user@b`. */
  nodes?: string[];
  /** Accept the keys of hosts that are not known, and write them down. */
  sshAcceptNew?: true;
  dataDir?: string;
  yesBreakTheseNodes?: true;
}

/** @throws Failure (usage) for wishes that contradict each other. */
export function assertSshWishes(
  options: SshWishes & { image?: string },
  scenario: Scenario,
  kind: LabKind,
): void {
  const refuse = (message: string, hint: string): never => {
    throw new Failure(message, { hint, exitStatus: EXIT.usage });
  };
  if (kind !== 'ssh') {
    if (options.nodes !== undefined || options.sshAcceptNew === true)
      refuse(
        '--nodes and --ssh-accept-new are about hosts behind SSH, and this lab has none',
        'use --lab ssh',
      );
    return;
  }
  if (options.dataDir !== undefined && !options.dataDir.startsWith('/'))
    refuse(
      `--data-dir is a directory on the nodes, and "${options.dataDir}" is not an absolute path`,
      'begin it with a slash',
    );
  const names = hostsOf(options, scenario);
  if (names.length === 0)
    refuse('A lab of hosts behind SSH needs hosts', 'name them: --lab ssh --nodes user@a,user@b,user@c');
  const hosts = parseHosts(names);
  if (hosts.length < scenario.brokers)
    refuse(
      `${scenario.brokers} brokers need as many hosts, and ${hosts.length} ${hosts.length === 1 ? 'is' : 'are'} named`,
      `name more with --nodes, or let the cluster be smaller: --brokers ${hosts.length}`,
    );
}

function hostsOf(options: SshWishes, scenario: Scenario): readonly string[] {
  return options.nodes ?? scenario.nodes ?? [];
}

export interface SshSetting {
  scenario: Scenario;
  mode: KafkaMode;
  /** Whatever may strike. */
  strikes: Schedule;
  /** On this machine. */
  distribution: Distribution;
  say: (line: string) => void;
}

/**
 * Connects to every host and looks it over, says what will be done there and goes on only with consent, then brings Kafka to
 * those that have none.
 * @throws Failure in one sentence for what is missing, before anything is changed on any host.
 */
export async function sshPlan(options: SshWishes, setting: SshSetting): Promise<SshPlan> {
  const { scenario, mode, strikes, distribution, say } = setting;
  const named = parseHosts(hostsOf(options, scenario));
  const acceptNew = options.sshAcceptNew === true;
  const planned = planNodes(mode, scenario.brokers);
  const hostIndexes = assign(planned, named.length);
  const used = named.slice(0, Math.max(...hostIndexes) + 1);
  const hosts = await openAll(used, acceptNew);
  try {
    const cuts = wantsCuts(strikes);
    const { hosts: loadHosts } = scenario.load;
    const clients = parseHosts(Array.isArray(loadHosts) ? loadHosts : []);
    const openedClients = await openAll(clients, acceptNew);
    const own = hosts.length;
    // What workers live on is none of the cluster, and is closed with it.
    hosts.push(...openedClients);
    assertDistinct(hosts);
    if (cuts) for (const host of hosts) assertCuts(host);
    await assertImpairments(strikes, () => Promise.all(hosts.map(abilitiesOfHost)));
    const onlyController = planned.filter(({ roles }) => roles.includes('controller')).length === 1;
    const placed = planned.map((node, index) => ({
      name: node.name,
      hostIndex: hostIndexes[index]!,
      ports: portsOf(node),
      onlyAnswers: !node.roles.includes('broker') && (node.roles.includes('zookeeper') || onlyController),
    }));
    for (const [index, host] of hosts.slice(0, own).entries())
      assertSpace(host, scenario, placed.filter(({ hostIndex }) => hostIndex === index).length);
    await untilFree(hosts, placed, { parent: options.dataDir ?? PLACES, say });
    await assertReachable(hosts, placed);
    const servers = hosts.slice(0, own);
    const javas = await Promise.all(servers.map((host) => findJavaOn(host, distribution.version)));
    for (const [index, host] of servers.entries()) {
      const names = placed.filter(({ hostIndex }) => hostIndex === index).map(({ name }) => name);
      say(`${host.name} (${host.facts.address}): ${names.join(' and ')} · Java ${javas[index]!.version}`);
    }
    assertConsent(
      { nodes: hosts.map(describeHost), means: meansOf(hosts, strikes) },
      {
        schedule: strikes,
        isDrawn: isDrawn(scenario),
        consent: options.yesBreakTheseNodes === true,
        say: (text) => say(text.trimEnd()),
      },
    );
    const libs: string[] = [];
    // One after the other: the way from here is what is slow.
    const programs: string[] = [];
    for (const host of openedClients) programs.push(await bringNodeJsTo(host, say));
    for (const host of servers) libs.push(await bringKafkaTo(host, distribution, say));
    const oldest = javas.toSorted((one, other) => one.major - other.major)[0]!;
    return {
      kind: 'ssh',
      distribution: { ...distribution, java: oldest },
      local: distribution,
      nodes: placed.map(({ hostIndex, ...node }): SshNodePlan => ({
        ...node,
        host: used[hostIndex]!.given,
        java: javas[hostIndex]!.path,
        libs: libs[hostIndex]!,
      })),
      ...(clients.length > 0 && {
        clients: clientHosts(clients.length).map((name, index) => ({
          name,
          host: clients[index]!.given,
          node: programs[index]!,
        })),
      }),
      cuts,
      acceptNew,
      dataDirectory: options.dataDir ?? null,
    };
  } finally {
    for (const host of hosts) host.close();
  }
}

/**
 * Which host each node lives on: the brokers have the first ones, each its own; what coordinates them has those that are
 * left, or shares with the brokers from the first one on.
 */
export function assign(planned: readonly PlannedNode[], hosts: number): number[] {
  const isBroker = ({ roles }: PlannedNode) => roles.includes('broker');
  const brokers = planned.filter(isBroker).length;
  let broker = 0;
  let own = brokers;
  let shared = 0;
  return planned.map((node) => {
    if (isBroker(node)) return broker++;
    return own < hosts ? own++ : shared++ % brokers;
  });
}

function portsOf({ roles }: PlannedNode): number[] {
  return [
    ...(roles.includes('broker') ? [CLIENT_PORT] : []),
    ...(roles.includes('controller') ? [CONTROLLER_PORT] : []),
    ...(roles.includes('zookeeper') ? [ZOOKEEPER_PORT] : []),
  ];
}

/** Cuts and impairments of links need rules on every host. */
const wantsCuts = (strikes: Schedule): boolean => strikes.some(({ fault }) => !isProcessFault(fault));

/**
 * What the hosts can do, asked once and only if it is needed, before anything else is known of the run.
 * @returns throws a Failure for a schedule that some host cannot carry out.
 */
export function sshFaults(options: SshWishes, scenario: Scenario): (schedule: Schedule) => Promise<void> {
  const lookAround = async () => {
    const hosts = await openAll(parseHosts(hostsOf(options, scenario)), options.sshAcceptNew === true);
    try {
      const cuts = hosts.map(({ name, facts }) => ({ name, facts }));
      return { cuts, impairments: await Promise.all(hosts.map(abilitiesOfHost)) };
    } finally {
      for (const host of hosts) host.close();
    }
  };
  let seen: ReturnType<typeof lookAround> | null = null;
  return async (schedule) => {
    if (!wantsCuts(schedule)) return;
    const { cuts, impairments } = await (seen ??= lookAround());
    for (const host of cuts) assertCuts(host);
    await assertImpairments(schedule, async () => impairments);
  };
}

/** Jars, logs and configuration beside the records. */
const OWN_BYTES = 300 * 2 ** 20;

function assertSpace({ name, facts }: RemoteHost, scenario: Scenario, nodes: number): void {
  const { isKnown, logBytes } = forecastOf(scenario);
  const needed = OWN_BYTES * nodes + (isKnown ? logBytes : 0);
  if (facts.freeBytes >= needed) return;
  throw new Failure(
    `${name} has ${sizeOf(facts.freeBytes)} free in /var/tmp, and the run needs about ${sizeOf(needed)}`,
    {
      hint: '--rate, --duration, --count or --record-bytes make the run smaller',
    },
  );
}

function describeHost({ name, facts }: RemoteHost): string {
  return name.includes(facts.address) ? name : `${name} (${facts.address})`;
}

function meansOf(hosts: readonly RemoteHost[], schedule: Schedule): string {
  const cuts = schedule.some(({ fault }) => !isProcessFault(fault) && fault.kind !== 'delay');
  const delays = schedule.some(({ fault }) => fault.kind === 'delay');
  const filters = [...new Set(hosts.map(({ facts }) => facts.filter))].filter((filter) => filter !== null);
  const rules = cuts
    ? `, and rules of ${filters.join(' and ')} that drop packets to and from Kafka's ports only`
    : '';
  return `signals to the brokers that kept starts there${rules}${delays ? ', and queueing disciplines of tc that hold up packets between Kafka’s ports' : ''}`;
}
