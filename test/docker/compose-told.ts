import type { ExecutionContext } from 'ava';

/** The compose file and the hook that are shipped, with real compose and real Kafka: what compose.ts tells. */
interface Outcome {
  exitStatus: number;
  verdict: string;
  struck: { kind: string; verified: boolean; evidence: string }[];
  healed: number;
  failed: unknown[];
}

export interface Told {
  refused: number;
  whole: Outcome;
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

/** Each way in which the hook breaks a cluster was seen, and undone. */
export function assertBroken(t: ExecutionContext, told: Told): void {
  const { refused, whole, healed, left, said } = told;
  t.is(refused, 64, 'nothing is broken without consent');
  t.is(whole.exitStatus, 0, said);
  t.is(whole.verdict, 'valid');
  t.deepEqual(whole.failed, []);
  t.is(whole.healed, whole.struck.length, 'each fault was healed, and seen to be');
  for (const { kind, verified, evidence } of whole.struck) {
    t.true(verified, kind);
    t.regex(evidence, EVIDENCE[kind as keyof typeof EVIDENCE]);
  }
  t.deepEqual(
    whole.struck.map(({ kind }) => kind),
    ['isolate', 'stop', 'kill', 'pause'],
  );
  t.true(healed, 'a broker is back on its network although the tool was killed');
  t.deepEqual(left, []);
}
