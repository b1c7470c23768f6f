import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import { findCompose } from './find-compose.ts';
import { whyNoDocker, withDocker } from './why-no-docker.ts';

/** The compose file and the hook that are shipped, with a real daemon, real compose and real Kafka. */
const noDocker = await whyNoDocker();
const compose = await findCompose();
const missing = noDocker ?? (compose === null ? 'there is no docker compose' : undefined);
const real = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

interface Outcome {
  exitStatus: number;
  verdict: string;
  struck: { kind: string; verified: boolean; evidence: string }[];
  healed: number;
  failed: unknown[];
}

interface Told {
  refused: number;
  random: Outcome;
  others: Outcome;
  healed: boolean;
  left: string[];
  said: string;
}

const EVIDENCE = {
  kill: /^the hook says: (kafka\d) is exited; \1 did not answer any more$/,
  stop: /^the hook says: (kafka\d) is exited; \1 did not answer any more$/,
  pause: /^the hook says: (kafka\d) is paused; \1 did not answer any more$/,
  isolate: /^the hook says: (kafka\d) is on 0 networks; \1 did not answer any more$/,
} as const;

real(
  `a cluster under docker compose is broken by the hook in each way that it knows, to a verdict${because}`,
  async (t) => {
    t.timeout(600_000);
    // Where a daemon of its own runs no repository can be reached.
    await resolveDistribution({ environment: process.env });
    const directory = mkdtempSync(join(tmpdir(), 'kept-compose-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const program = resolve(import.meta.dirname, 'compose.ts');
    const { stdout, stderr } = await withDocker(program, [directory, ...compose!]);
    const line = stdout.split('\n').at(-1);
    if (!line) throw new Error(stderr);
    const { refused, random, others, healed, left, said } = JSON.parse(line) as Told;
    t.is(refused, 64, 'nothing is broken without consent');
    for (const { exitStatus, verdict, struck, healed: ends, failed } of [random, others]) {
      t.is(exitStatus, 0, said);
      t.is(verdict, 'valid');
      t.deepEqual(failed, []);
      t.is(ends, struck.length, 'each fault was healed, and seen to be');
      for (const { kind, verified, evidence } of struck) {
        t.true(verified, kind);
        t.regex(evidence, EVIDENCE[kind as keyof typeof EVIDENCE]);
      }
    }
    const kinds = (outcome: Outcome) => [...new Set(outcome.struck.map(({ kind }) => kind))].toSorted();
    t.deepEqual(kinds(random), ['kill', 'pause']);
    t.deepEqual(kinds(others), ['isolate', 'stop']);
    t.true(healed, 'a broker is back on its network although the tool was killed');
    t.deepEqual(left, []);
  },
);
