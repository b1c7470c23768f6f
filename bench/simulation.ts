import { check } from '../src/checker/check.ts';
import { scenarioSchema } from '../src/scenario/schema.ts';
import { drawScenario } from '../src/scenario/swarm.ts';
import { simulate } from '../src/run/simulate.ts';

/**
 * How fast virtual time passes: simulated writes per second through the whole pipeline, from the generator to the
 * verdict, and whole small runs with random faults per second. Per second of processor time, so that what else the
 * machine does counts as little as possible; one process uses one core.
 */
const WRITES_GOAL = 50_000;
const RUNS_GOAL = 30;

const pipeline = scenarioSchema.parse({
  name: 'bench',
  title: 'Three brokers, acks=all, steady load',
  topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { acks: 'all' },
  load: { workers: 8, ratePerSecond: 1_000, inFlight: 4 },
  phases: { warmUpMs: 0, faultsMs: 100_000, recoveryMs: 0 },
});

async function writesPerSecond(): Promise<number> {
  let best = 0;
  for (let seed = 1; seed <= 5; seed++) {
    const start = process.cpuUsage();
    const { run } = await simulate({ scenario: pipeline, schedule: [], seed });
    const { counts, verdict } = check(run, { claim: 'kept' });
    if (verdict !== 'valid') throw new Error(`the bench itself is ${verdict}`);
    best = Math.max(best, counts.attempted / secondsSince(start));
  }
  return best;
}

async function runsPerSecond(runs: number): Promise<{ perSecond: number; writes: number; heapMb: number[] }> {
  const heapMb: number[] = [];
  let writes = 0;
  const start = process.cpuUsage();
  for (let seed = 1; seed <= runs; seed++) {
    const { run } = await simulate({ ...drawScenario(seed), seed });
    writes += check(run, { claim: 'contract' }).counts.attempted;
    if (seed % (runs / 4) === 0) heapMb.push(Math.round(process.memoryUsage().rss / 1e6));
  }
  return { perSecond: runs / secondsSince(start), writes: writes / runs, heapMb };
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const ratio = (found: number, goal: number) => `${(found / goal).toFixed(1)} times the goal of ${goal}`;

const writes = await writesPerSecond();
print(`${Math.round(writes)} simulated writes per second and core (${ratio(writes, WRITES_GOAL)})`);
const small = await runsPerSecond(1_000);
print(
  `${small.perSecond.toFixed(1)} runs of ${Math.round(small.writes)} writes per second and core (${ratio(small.perSecond, RUNS_GOAL)})`,
);
print(`resident memory after each quarter of 1000 runs: ${small.heapMb.join(', ')} MB`);
