import { readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openEngine } from '../../src/control/docker/engine.ts';
import type { Result } from '../../src/checker/result.ts';
import type { RunInfo } from '../../src/history/run.ts';
import { everything, leftOver, start } from './everything.ts';

/**
 * Two runs of real Kafka in containers, told as JSON: one from the image that kept assembles, to its verdict; then one
 * from an image that a user names, killed with SIGKILL in the middle of its fault.
 * Usage: runs.ts DIRECTORY
 */
const KEPT = resolve(import.meta.dirname, '../../bin/kept.js');
const [directory = ''] = process.argv.slice(2);
const SCENARIO = {
  name: 'cut-off',
  title: 'The leader is cut off for a moment',
  topic: { partitions: 1, minInsyncReplicas: 1 },
  producer: { acks: 1 },
  load: { workers: 4, ratePerSecond: 300 },
  phases: { warmUpMs: 2_000, faultsMs: 12_000, recoveryMs: 2_000 },
  nemesis: {
    script: [{ atMs: 0, fault: { kind: 'isolate', target: 'leader', from: 'cluster' }, forMs: 10_000 }],
  },
};
const scenario = join(directory, 'scenario.json');
writeFileSync(scenario, JSON.stringify(SCENARIO));

const engine = await openEngine();
const before = await everything(engine);
const run = (store: string, ...options: string[]) =>
  start([KEPT, 'run', scenario, '--lab', 'docker', '--store', join(directory, store), ...options]);
const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(directory, ...path), 'utf8'));

const whole = await run('assembled');
const place = join('assembled', readdirSync(join(directory, 'assembled'))[0]!);
const result = json(place, 'results.json') as Result;
const assembled = {
  exitStatus: whole.exitCode,
  verdict: result.verdict,
  judgements: [...new Set(result.findings.map(({ judgement }) => judgement))],
  lab: (json(place, 'run.json') as RunInfo).lab,
  logs: readdirSync(join(directory, place, 'nodes')).map((node) =>
    readFileSync(join(directory, place, 'nodes', node, 'server.log'), 'utf8').includes('started'),
  ),
  left: await leftOver(engine, before),
};

const { RepoTags: tags = [] } = (await engine.api.listImages()).find(({ RepoTags }) =>
  RepoTags?.some((tag) => tag.startsWith('kept/kafka:')),
)!;
await engine.api.getImage(tags[0]!).tag({ repo: 'somebody/kafka', tag: '1' });
const killed = run('named', '--image', 'somebody/kafka:1');
await new Promise<void>((go) => {
  let said = '';
  killed.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`;
    if (said.includes('isolate leader from cluster: ')) go();
  });
  killed.stderr.once('end', go);
});
process.kill(killed.pid!, 'SIGKILL');
const { stderr } = await killed;
const left = await leftOver(engine, before);
const other = join(directory, 'named', readdirSync(join(directory, 'named'))[0]!);
const checked = await start([KEPT, 'check', other]);
const named = {
  struck: stderr.includes('isolate leader from cluster: '),
  image: (json('named', readdirSync(join(directory, 'named'))[0]!, 'run.json') as RunInfo).image,
  left,
  checked: checked.exitCode,
};
writeSync(1, `${JSON.stringify({ assembled, named, said: `${whole.stderr}\n${stderr}` })}\n`);
process.exit(0);
