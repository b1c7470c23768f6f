import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openEngine } from '../../src/control/docker/engine.ts';
import { everything, leftOver } from './everything.ts';

/** A run whose workers live in two containers of their own, one of which is cut off from the broker: prints what came of it. */
const engine = await openEngine();
const before = await everything(engine);
const store = mkdtempSync(join(tmpdir(), 'kept-docker-'));
const file = join(store, 'scenario.json');
writeFileSync(
  file,
  JSON.stringify({
    name: 'a-host-cut-off',
    brokers: 1,
    topic: { replicationFactor: 1 },
    load: { workers: 2, ratePerSecond: 200, hosts: 2 },
    phases: { warmUpMs: 500, faultsMs: 3_000, recoveryMs: 500 },
    nemesis: {
      script: [{ atMs: 0, forMs: 2_000, fault: { kind: 'partition', groups: [['client1'], ['kafka1']] } }],
    },
  }),
);
const args = [resolve('bin/kept.js'), 'run', file, '--lab', 'docker', '--store', store, '--json'];
const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
rmSync(store, { recursive: true });
if (status !== 0) process.stderr.write(stderr);
const { verdict, counts } = JSON.parse(stdout || '{}') as {
  verdict?: string;
  counts?: { ok: number; lost: number };
};
const left = await leftOver(engine, before);
process.stdout.write(`${JSON.stringify({ status, verdict, ok: counts?.ok, lost: counts?.lost, left })}\n`);
