import { mkdtempSync, rmSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRecorder } from '../src/history/recorder/recorder.ts';
import { createDecoder, createEncoder } from '../src/history/value.ts';
import { infoOf } from '../src/run/run-info.ts';
import { loadInProcesses } from '../src/run/load-processes/processes.ts';
import { TOPIC } from '../src/run/plan.ts';
import { preparePlan } from '../src/run/prepare.ts';
import { run } from '../src/runner/runner.ts';
import { scenarioSchema } from '../src/scenario/schema.ts';
import { openWorld } from '../src/world/open.ts';

/**
 * What one process writes and audits: `tsx bench/load.ts [records per request…]`; "20x2": with two more processes that
 * write, where the profile is that of the first one. Three brokers of real Kafka on this
 * machine, acks=all, full speed. The CPU profile of the faults phase (there are no faults) says where the time of the
 * process goes; the shares are ratios in one run, so that a machine that is busy with other work changes them little.
 */
const sizes = process.argv.slice(2);
const SECONDS = 10;
const PARTS: [name: string, isPart: (url: string) => boolean][] = [
  ['recording', (url) => /\/src\/history\/(recorder|columns)\//.test(url)],
  ['encoding values', (url) => url.endsWith('/src/history/value.ts')],
  ['client: kafkajs', (url) => url.includes('/node_modules/kafkajs/')],
  ['client: our own', (url) => url.includes('/src/client/')],
  ['load and generator', (url) => /\/src\/(runner|generator)\//.test(url)],
];

for (const size of sizes.length > 0 ? sizes : ['1', '20', '100', '20x2']) {
  const [recordsPerRequest, processes = 1] = size.split('x').map(Number);
  await measure(recordsPerRequest!, processes);
}

async function measure(recordsPerRequest: number, processes: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-bench-'));
  try {
    const scenario = scenarioSchema.parse({
      name: 'bench',
      title: 'full speed',
      topic: { partitions: 6, minInsyncReplicas: 2 },
      producer: { acks: 'all' },
      load: { workers: 8, ratePerSecond: null, inFlight: 4, recordsPerRequest },
      phases: { warmUpMs: 5_000, faultsMs: SECONDS * 1_000, recoveryMs: 0 },
    });
    const wishes = { store: directory, directory, lab: 'loopback' as const, claim: 'kept' as const, seed: 1 };
    const plan = await preparePlan(scenario, wishes, { say: (text) => process.stderr.write(text) });
    const place = { run: plan.run, topic: TOPIC };
    const stage = openWorld(plan.world, { ...plan, topic: TOPIC, powerLoss: false });
    const recorder = await openRecorder(directory, infoOf(plan, stage.info), stage.clock);
    const encode = createEncoder({ ...place, sizeBytes: scenario.load.recordBytes });
    const world = await stage.build({ encode, record: (event) => recorder.event(event) });
    const kept = { program: join(import.meta.dirname, '../bin/kept.js') };
    const apart = processes > 1 ? loadInProcesses({ ...plan, processes }, world, TOPIC, kept) : null;
    const profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    let phase = '';
    let before = { writes: 0, timeNs: 0, cpu: process.cpuUsage() };
    let profiled: Promise<{ profile: Profiler.Profile }> | null = null;
    try {
      await run({
        ...plan,
        world,
        recorder,
        decode: createDecoder(place),
        ...(apart !== null && { loadApart: () => apart }),
        stop: new AbortController().signal,
        abort: new AbortController().signal,
        onProgress(progress) {
          if (progress.phase === phase) return;
          phase = progress.phase;
          const writes = progress.ok;
          const timeNs = stage.clock.nowNs();
          if (phase === 'faults') {
            before = { writes, timeNs, cpu: process.cpuUsage() };
            void profiler.post('Profiler.start');
          } else if (phase === 'recovery') {
            const { user, system } = process.cpuUsage(before.cpu);
            const count = writes - before.writes;
            const perSecond = Math.round(count / ((timeNs - before.timeNs) / 1e9));
            process.stdout.write(
              `${recordsPerRequest} a request${apart === null ? '' : `, ${processes} processes that write`}: ${perSecond} acknowledged writes/s, ${((user + system) / 1e6).toFixed(1)} s of CPU time in ${SECONDS} s, ${((user + system) / count).toFixed(1)} µs a write\n`,
            );
            profiled = profiler.post('Profiler.stop');
          }
        },
      });
      if (profiled !== null) report((await (profiled as Promise<{ profile: Profiler.Profile }>)).profile);
    } finally {
      profiler.disconnect();
      await world.close();
      await recorder.close('complete');
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Who had the time that was not idle: what a part calls outside of all parts counts as its own. */
function report({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = new Map<number, number>();
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const shares = new Map<string, number>();
  const walk = (id: number, inherited: string): void => {
    const { callFrame, children = [] } = byId.get(id)!;
    const { url, functionName } = callFrame;
    const found = PARTS.find(([, isPart]) => isPart(url))?.[0];
    const special = functionName.startsWith('(') && functionName !== '(root)' ? functionName : null;
    const part = special ?? found ?? inherited;
    shares.set(part, (shares.get(part) ?? 0) + (own.get(id) ?? 0));
    for (const child of children) walk(child, part);
  };
  walk(nodes[0]!.id, 'Node.js itself');
  const idle = shares.get('(idle)') ?? 0;
  shares.delete('(idle)');
  const busy = [...shares.values()].reduce((sum, share) => sum + share, 0);
  process.stdout.write(`  busy ${((100 * busy) / (busy + idle)).toFixed(0)} % of the time; of that\n`);
  for (const [part, share] of [...shares].toSorted(([, a], [, b]) => b - a)) {
    process.stdout.write(`  ${((100 * share) / busy).toFixed(1).padStart(5)} %  ${part}\n`);
  }
  if (process.env['KEPT_BENCH_TOP'] === undefined) return;
  const byFunction = new Map<string, number>();
  for (const node of nodes) {
    const name = `${node.callFrame.functionName} ${node.callFrame.url.split('/').slice(-3).join('/')}:${node.callFrame.lineNumber}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + (own.get(node.id) ?? 0));
  }
  for (const [name, share] of [...byFunction].toSorted(([, a], [, b]) => b - a).slice(0, 45))
    process.stdout.write(`    ${((100 * share) / busy).toFixed(1).padStart(5)} %  ${name}\n`);
}
