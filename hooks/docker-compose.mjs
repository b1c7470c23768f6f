#!/usr/bin/env node
// A fault hook of kept for brokers in containers: kill, stop and pause, and `isolate … from everyone` by taking the
// container off its networks.
//
//   kept run --bootstrap-server … --fault-hook ./hooks/docker-compose.mjs --yes-break-these-nodes
//
// KEPT_COMPOSE   how compose is called: "docker compose" (the default), "docker compose -f other.yml", "docker-compose";
//                "none": services are names of containers.
// KEPT_SERVICES  which service runs which broker: "kafka1=broker-1,kafka2=broker-2". Without it a broker's service is
//                the host name that it advertises, or the broker's name (kafka1) where that is an address.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const verb = process.argv[2];
const order = JSON.parse(readFileSync(0, 'utf8'));
const services = new Map(
  (process.env.KEPT_SERVICES ?? '')
    .split(',')
    .filter((pair) => pair.includes('='))
    .map((pair) => pair.trim().split('=')),
);
/** Which networks a container was on, for the heal. */
const memory = join(tmpdir(), `${order.id}.json`);

const run = (program, words) =>
  execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const docker = (...words) => run('docker', words).trim();

function containerOf({ name, host }) {
  const isAddress = isIP(host) !== 0 || host === 'localhost';
  const service = services.get(name) ?? (isAddress ? name : host.split('.')[0]);
  const compose = process.env.KEPT_COMPOSE ?? 'docker compose';
  if (compose === 'none') return service;
  const [program, ...words] = compose.split(/\s+/);
  const id = run(program, [...words, 'ps', '--all', '--quiet', service]).trim();
  if (id === '') refuse(`there is no container of the service ${service}`);
  return id;
}

function refuse(reason) {
  process.stdout.write(`${JSON.stringify({ applied: false, healed: false, reason })}\n`);
  process.exit(0);
}

const stateOf = (id) => docker('inspect', '--format', '{{.State.Status}}', id);
const networksOf = (id) =>
  JSON.parse(docker('inspect', '--format', '{{json .NetworkSettings.Networks}}', id));

const STATE_AFTER = { kill: 'exited', stop: 'exited', pause: 'paused' };
const { kind, from } = order.fault;
const isCut = kind === 'isolate' && from === 'everyone';
if (!(kind in STATE_AFTER) && !isCut)
  refuse(
    `this hook does kill, stop, pause, and isolate from everyone; not ${kind}${from === undefined ? '' : ` from ${from}`}`,
  );

const ids = order.targets.map(containerOf);
const seen = [];
if (verb === 'apply') {
  if (isCut) writeFileSync(memory, JSON.stringify(ids.map((id) => [id, networksOf(id)])));
  for (const id of ids) {
    if (isCut)
      for (const network of Object.keys(networksOf(id)))
        docker('network', 'disconnect', '--force', network, id);
    else docker(kind, id);
    seen.push(isCut ? `is on ${Object.keys(networksOf(id)).length} networks` : `is ${stateOf(id)}`);
  }
} else if (isCut) {
  const before = existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : [];
  for (const [id, networks] of before) {
    for (const [network, { Aliases, IPAMConfig }] of Object.entries(networks)) {
      if (network in networksOf(id)) continue;
      const aliases = (Aliases ?? []).flatMap((alias) => ['--alias', alias]);
      const address = IPAMConfig?.IPv4Address ? ['--ip', IPAMConfig.IPv4Address] : [];
      docker('network', 'connect', ...aliases, ...address, network, id);
    }
    seen.push(`is on ${Object.keys(networksOf(id)).length} networks`);
  }
  rmSync(memory, { force: true });
} else {
  for (const id of ids) {
    const state = stateOf(id);
    if (state === 'paused') docker('unpause', id);
    else if (state !== 'running') docker('start', id);
    seen.push(`is ${stateOf(id)}`);
  }
}
const expected = isCut ? 'is on 0 networks' : `is ${STATE_AFTER[kind]}`;
const verified =
  verb === 'apply' ? seen.every((text) => text === expected) : seen.every((text) => text !== expected);
const evidence = order.targets
  .map(({ name }, index) => `${name} ${seen[index] ?? 'was left alone'}`)
  .join(', ');
process.stdout.write(`${JSON.stringify({ applied: true, healed: true, verified, evidence })}\n`);
