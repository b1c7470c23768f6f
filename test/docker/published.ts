import { existsSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { openEngine } from '../../src/control/docker/engine.ts';
import type { Result } from '../../src/checker/result.ts';
import { everything, leftOver } from './everything.ts';

/**
 * Containers that cannot be reached at their own addresses, told as JSON. First the contract of a lab from another machine:
 * a network namespace that reaches the daemon's machine, and nothing behind it. Then a run of real Kafka beside the daemon,
 * where a packet filter refuses the tool the way to the containers, as if they were in Docker Desktop's virtual machine.
 * kept is told of neither. Needs a daemon of its own (`daemon.ts`): the machine's network is changed.
 * Usage: published.ts DIRECTORY
 */
const [directory = ''] = process.argv.slice(2);
const KEPT = resolve(import.meta.dirname, '../../bin/kept.js');
const FIXTURE = resolve(import.meta.dirname, '../lab/fixture.ts');
/** Of the one that may not reach the containers, so that the daemon's own programs still do. */
const BLOCKED_GROUP = 54_321;

const SETUP = `
ip netns add away
ip link add to-away type veth peer name eth0 netns away
ip addr add 10.99.0.1/24 dev to-away
ip link set to-away up
ip -n away addr add 10.99.0.2/24 dev eth0
ip -n away link set eth0 up
ip -n away link set lo up
iptables -A OUTPUT -d 172.16.0.0/12 -m owner --gid-owner ${BLOCKED_GROUP} -j REJECT`;

const SCENARIO = {
  name: 'cut-off',
  title: 'The workers lose a broker for a moment, then the brokers lose their leader',
  topic: { partitions: 1, minInsyncReplicas: 1 },
  producer: { acks: 1 },
  load: { workers: 4, ratePerSecond: 300 },
  phases: { warmUpMs: 1_000, faultsMs: 12_500, recoveryMs: 1_000 },
  nemesis: {
    script: [
      { atMs: 0, fault: { kind: 'cut', from: 'client', to: 'kafka1' }, forMs: 2_000 },
      { atMs: 4_000, fault: { kind: 'isolate', target: 'leader', from: 'cluster' }, forMs: 8_000 },
    ],
  },
};

await execa('sh', ['-ec', SETUP]);
const engine = await openEngine();
const before = await everything(engine);

const away = await execa(
  'ip',
  ['netns', 'exec', 'away', process.execPath, ...process.execArgv, FIXTURE, 'docker', 'tell', directory],
  { reject: false, stdin: 'ignore', env: { DOCKER_HOST: 'tcp://10.99.0.1:2375' } },
);

const scenario = join(directory, 'scenario.json');
const store = join(directory, 'store');
writeFileSync(scenario, JSON.stringify(SCENARIO));
const blocked = await execa(process.execPath, [KEPT, 'run', scenario, '--lab', 'docker', '--store', store], {
  reject: false,
  stdin: 'ignore',
  gid: BLOCKED_GROUP,
});
const place = join(store, readdirSync(store)[0]!);
const events = readFileSync(join(place, 'events.ndjson'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { type: string; [field: string]: unknown });
if (!existsSync(join(place, 'results.json'))) throw new Error(blocked.stderr);
const result = JSON.parse(readFileSync(join(place, 'results.json'), 'utf8')) as Result;

writeSync(
  1,
  `${JSON.stringify({
    contract: JSON.parse(away.stdout.split('\n').at(-1) || '{}') as unknown,
    reachedFromAway: away.stderr,
    exitStatus: blocked.exitCode,
    judgements: [...new Set(result.findings.map(({ judgement }) => judgement))],
    notes: events.filter(({ type }) => type === 'note').map(({ text }) => text),
    faults: events
      .filter(({ type }) => type === 'fault-start' || type === 'fault-stop')
      .map(({ verified, evidence }) => ({ verified: verified !== false, evidence })),
    viewers: [...new Set(events.filter(({ type }) => type === 'view').map(({ observer }) => observer))],
    left: await leftOver(engine, before),
    said: blocked.stderr,
  })}\n`,
);
process.exit(0);
