import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
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

/** Strikes all targets at the same moment. */
export async function strikeProcesses(db: Db, clock: Clock, fault: ProcessFault, targets: readonly string[]) {
  const strike = power(db, POWERS[fault.kind].strike);
  const evidence = await Promise.all(targets.map((node) => strike(node)));
  return { timeNs: clock.nowNs(), evidence: evidence.join('; ') };
}

/** Brings all targets back, and resolves when they answer. */
export async function undoProcesses(db: Db, clock: Clock, fault: ProcessFault, targets: readonly string[]) {
  const undo = power(db, POWERS[fault.kind].undo);
  const evidence = await Promise.all(targets.map((node) => undo(node)));
  return { timeNs: clock.nowNs(), evidence: evidence.join('; ') };
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
