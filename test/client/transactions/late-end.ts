/**
 * An end that arrives late, with the transactional driver against the cluster in BOOTSTRAP_SERVERS (KAFKA-17754). Workers
 * are cut from their coordinator while they end a transaction, ask again on a new connection once the cut is healed, and go
 * on with the next transaction, when the first request arrives after all.
 * `late-end.ts TRIES CUT_MS VERSION ...`, for inside `kept lab`. Each try has a topic, and a worker for each version and each
 * of commit and abort; prints a line of JSON for each worker, with what stands in the partitions in the end, and the history
 * of it as lines.
 */
import { execFileSync } from 'node:child_process';
import { realClock } from '../../../src/core/clock.ts';
import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { createPool } from '../../../src/client/kafkajs/pool.ts';
import { createCoordinators } from '../../../src/client/kafkajs/transactions/coordinators.ts';
import { goOn, PATIENCE, prepared, type LateEndWorker } from './late-end-worker.ts';

const [tries, cutMs, ...versions] = process.argv.slice(2).map(Number);
const endpoint = { brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') };
const clock = realClock();
const admin = createAdmin({ endpoint, clock });
const pool = createPool({ ...PATIENCE, clock });
const found = createCoordinators({ endpoint, pool });

for (let index = 0; index < tries!; index++) await attempt(index);
process.exit(0);

async function attempt(index: number): Promise<void> {
  let address: string | null = null;
  const workers: LateEndWorker[] = [];
  for (const version of versions) {
    for (const first of ['commit', 'abort'] as const) {
      for (let number = 0; ; number++) {
        const id = `x-${index}-${version}-${first}-${number}`;
        const of = await coordinatorOf(id);
        if (of !== (address ??= of)) continue;
        const topic = `late-${index}-${version}-${first}`;
        const wanted = { worker: 0, id, topic, version: version === 2 ? 2 : 1, first } as const;
        workers.push(await prepared({ endpoint, admin, clock }, wanted));
        break;
      }
    }
  }
  for (const { client, write } of workers) {
    await client.begin();
    await write(1, 0);
  }
  const undo = cut(address!.split(':')[0]!);
  const healed = clock.sleep(cutMs!).then(undo);
  // The kernel sends the first request again 6.8 s after the cut at the latest.
  const late = { begin: healed, lookMs: 6_000 };
  await Promise.all(workers.map((worker) => goOn(worker, late).then((told) => say({ index, ...told }))));
}

function say(told: unknown): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

async function coordinatorOf(id: string): Promise<string> {
  for (;;) {
    const session = await found.to({ kind: 'transaction', id }).catch(() => null);
    if (session !== null) return session.address;
    await clock.sleep(300);
  }
}

/** Sends what goes to this address to a link that nobody is on. @returns undoes it */
function cut(ip: string): () => void {
  const ipOf = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' });
  const device = / dev (\S+)/.exec(ipOf('-o', 'route', 'get', ip))![1]!;
  ipOf('neigh', 'replace', ip, 'lladdr', '02:00:00:00:00:01', 'nud', 'permanent', 'dev', device);
  return () => void ipOf('neigh', 'del', ip, 'dev', device);
}
