#!/usr/bin/env node
// A fault hook of kept for brokers in containers: kill, stop and pause, and `isolate … from everyone` by taking the
// container off its networks. The other brokers lose it without a word; clients of a published port are refused.
//
//   kept run --bootstrap-server … --fault-hook ./hooks/docker-compose.mjs --yes-break-these-nodes
//
// KEPT_COMPOSE   how compose is called: "docker compose -f other.yaml"; "none": services are names of containers. Without
//                it "docker compose" is used, or "docker-compose" where there is no such plugin. COMPOSE_FILE and its
//                like count, too.
// KEPT_SERVICES  which service runs which broker: "kafka1=broker-1,kafka2=broker-2". Without it a broker's service is
//                the host name that it advertises, or the broker's name (kafka1) where that is an address.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A controlled shutdown takes more than the 10 s after which Docker would kill. */
const STOP_SECONDS = 45;
const STATE_AFTER = { kill: 'exited', stop: 'exited', pause: 'paused' };

const verb = process.argv[2];
const order = JSON.parse(readFileSync(0, 'utf8'));
/** Which networks each container was on, for the heal. */
const memory = join(tmpdir(), `${order.id}.json`);

try {
  const seen = verb === 'apply' ? apply(order.fault) : heal(order.fault);
  const evidence = seen.map(({ name, text }) => `${name} ${text}`).join(', ');
  answer({ applied: true, healed: true, verified: seen.every(({ isGood }) => isGood), evidence });
} catch (error) {
  // One sentence: kept tells it to its user, and heals what may have been done until then.
  answer({ applied: false, healed: false, reason: error instanceof Error ? error.message : String(error) });
}

function answer(told) {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

function apply({ kind, from, direction = 'both' }) {
  const isCut = kind === 'isolate' && from === 'everyone' && direction === 'both';
  if (!(kind in STATE_AFTER) && !isCut) {
    const what = [kind, ...(direction === 'both' ? [] : [direction]), ...(from ? [`from ${from}`] : [])];
    throw new Error(`this hook does kill, stop, pause, and isolate from everyone; not ${what.join(' ')}`);
  }
  const nodes = order.targets.map((target) => ({ name: target.name, id: containerOf(target) }));
  if (isCut) {
    writeFileSync(memory, JSON.stringify(nodes.map(({ id }) => [id, networksOf(id)])));
    return nodes.map(({ name, id }) => {
      for (const network of Object.keys(networksOf(id)))
        docker('network', 'disconnect', '--force', network, id);
      const left = Object.keys(networksOf(id)).length;
      return { name, text: `is on ${left} networks`, isGood: left === 0 };
    });
  }
  return nodes.map(({ name, id }) => {
    docker(kind, ...(kind === 'stop' ? ['-t', String(STOP_SECONDS)] : []), id);
    const { Status: state, ExitCode: status } = inspected(id, '.State');
    const wasKilled = kind === 'stop' && status === 137;
    const how = wasKilled ? `did not stop within ${STOP_SECONDS} s and was killed` : `is ${state}`;
    return { name, text: how, isGood: state === STATE_AFTER[kind] && !wasKilled };
  });
}

/** Harmless where nothing is in force. */
function heal({ kind }) {
  if (!(kind in STATE_AFTER) && kind !== 'isolate') return [];
  const before = new Map(existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : []);
  const seen = order.targets.map((target) => {
    const { id, why } = findContainer(target);
    // Then nothing was struck either.
    if (id === undefined) return { name: target.name, text: `was left alone, since ${why}`, isGood: false };
    if (kind !== 'isolate') return { name: target.name, ...restarted(id) };
    for (const [network, was] of Object.entries(before.get(id) ?? {})) connect(id, network, was);
    const names = Object.keys(networksOf(id));
    if (names.length === 0)
      throw new Error(`${target.name} is on no network, and it is not known where it was`);
    return { name: target.name, text: `is on ${names.length} networks`, isGood: true };
  });
  rmSync(memory, { force: true });
  return seen;
}

function restarted(id) {
  const { Status: state } = inspected(id, '.State');
  if (state === 'paused') docker('unpause', id);
  else if (state !== 'running') docker('start', id);
  const { Status: now } = inspected(id, '.State');
  return { text: `is ${now}`, isGood: now === 'running' };
}

/** Under its names and, where they were its own and not drawn, its addresses. */
function connect(id, network, { Aliases: names, IPAMConfig: own }) {
  if (network in networksOf(id)) return;
  const words = (names ?? []).flatMap((name) => ['--alias', name]);
  if (own?.IPv4Address) words.push('--ip', own.IPv4Address);
  if (own?.IPv6Address) words.push('--ip6', own.IPv6Address);
  docker('network', 'connect', ...words, network, id);
}

function containerOf(target) {
  const { id, why } = findContainer(target);
  if (id === undefined) throw new Error(`${why}; KEPT_SERVICES names another`);
  return id;
}

/** @returns the id or the name of the one container of a broker, or why there is none. */
function findContainer({ name, host }) {
  const services = new Map(
    (process.env.KEPT_SERVICES ?? '').split(',').map((pair) => pair.trim().split('=')),
  );
  const isAddress = isIP(host) !== 0 || host === 'localhost';
  const service = services.get(name) ?? (isAddress ? name : host.split('.')[0]);
  if (process.env.KEPT_COMPOSE?.trim() === 'none') return { id: service };
  const [program, ...words] = composeCommand();
  const ids = run(program, [...words, 'ps', '--all', '--quiet', service], /no such service/i)
    .split(/\s+/)
    .filter(Boolean);
  if (ids.length === 1) return { id: ids[0] };
  const count = ids.length === 0 ? 'no container' : `${ids.length} containers`;
  return { why: `the service ${service} of ${name} has ${count}` };
}

/** @throws where there is no compose at all. */
function composeCommand() {
  const named = process.env.KEPT_COMPOSE?.trim();
  if (named) return named.split(/\s+/);
  const ways = [['docker', 'compose'], ['docker-compose']];
  const found = ways.find(([program, ...words]) => spawnSync(program, [...words, 'version']).status === 0);
  if (found !== undefined) return found;
  throw new Error(
    'neither "docker compose" nor "docker-compose" works here; KEPT_COMPOSE says how it is called',
  );
}

function networksOf(id) {
  return inspected(id, '.NetworkSettings.Networks');
}

function inspected(id, part) {
  return JSON.parse(docker('inspect', '--type', 'container', '--format', `{{json ${part}}}`, id));
}

function docker(...words) {
  return run('docker', words);
}

/**
 * @param none an error that means that there is nothing to print.
 * @returns what it prints.
 * @throws with what it says on standard error, without warnings.
 */
function run(program, words, none) {
  const { error, status, stdout, stderr } = spawnSync(program, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return stdout.trim();
  const said = (stderr ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/level=warning|^WARN/.test(line))
    .join(' ');
  if (none?.test(said)) return '';
  throw new Error(
    `"${[program, ...words].join(' ')}" failed: ${error?.message || said || `status ${status}`}`,
  );
}
