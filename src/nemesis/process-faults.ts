import type { Clock } from '../core/clock.ts';
import { clause } from '../core/words.ts';
import { Failure, messageOf } from '../core/failure.ts';
import type { Db } from '../db/db.ts';
import type { Fault } from '../history/fault.ts';

/** Faults of a node's process, and what undoes each. The db gathers the evidence: it has the process in its hands. */
const POWERS = {
  kill: { strike: 'kill', undo: 'start' },
  stop: { strike: 'stop', undo: 'start' },
  pause: { strike: 'pause', undo: 'resume' },
  'power-loss': { strike: 'cutPower', undo: 'start' },
} as const;

export type ProcessFault = Extract<Fault, { kind: keyof typeof POWERS }>;

export function isProcessFault(fault: Fault): fault is ProcessFault {
  return fault.kind in POWERS;
}

/**
 * Strikes all targets at the same moment. Where only some could be struck, those are the targets of the fault that is in
 * force, and the others are brought back: a strike that failed half-way may have left them stopped.
 * @throws Failure when none could be struck.
 */
export async function strikeProcesses(
  db: Db,
  clock: Clock,
  fault: ProcessFault,
  targets: readonly string[],
): Promise<{ targets: string[]; missed?: string[]; timeNs: number; evidence: string }> {
  const { done, failed } = await onAll(targets, power(db, POWERS[fault.kind].strike));
  const timeNs = clock.nowNs();
  await Promise.allSettled(failed.map(async ({ node }) => db.recover?.(node)));
  if (done.length === 0 && failed.length > 0) throw new Failure(failed.map(({ why }) => why).join('; '));
  const evidence = [
    ...done.map(({ said }) => said),
    ...failed.map(({ node, why }) => `${node} was not struck: ${clause(why)}`),
  ].join('; ');
  const missed = failed.map(({ node }) => node);
  return { targets: done.map(({ node }) => node), timeNs, evidence, ...(missed.length > 0 && { missed }) };
}

/**
 * Brings all targets back, and resolves when they answer.
 * @throws Failure when some could not be brought back; the others are.
 */
export async function undoProcesses(
  db: Db,
  clock: Clock,
  fault: ProcessFault,
  targets: readonly string[],
): Promise<{ timeNs: number; evidence: string }> {
  const { done, failed } = await onAll(targets, power(db, POWERS[fault.kind].undo));
  if (failed.length > 0) throw new Failure(failed.map(({ why }) => why).join('; '));
  return { timeNs: clock.nowNs(), evidence: done.map(({ said }) => said).join('; ') };
}

/** What came of doing it to each of the nodes, at the same time. */
async function onAll(nodes: readonly string[], act: (node: string) => Promise<string>) {
  const done: { node: string; said: string }[] = [];
  const failed: { node: string; why: string }[] = [];
  const results = await Promise.allSettled(nodes.map(async (node) => act(node)));
  for (const [index, result] of results.entries()) {
    const node = nodes[index]!;
    if (result.status === 'fulfilled') done.push({ node, said: result.value });
    else failed.push({ node, why: messageOf(result.reason) });
  }
  return { done, failed };
}

const IN_WORDS = {
  kill: 'kill a node',
  stop: 'stop a node',
  start: 'start a node',
  pause: 'pause a node',
  resume: 'resume a node',
  cutPower: 'take what is not on its disk from a node',
} as const;

function power(db: Db, name: keyof typeof IN_WORDS) {
  const method = db[name];
  if (method === undefined) {
    throw new Failure(`This cluster has no way to ${IN_WORDS[name]}.`, {
      hint: 'Leave faults of this kind out of the scenario.',
    });
  }
  return (node: string) => method.call(db, node);
}
