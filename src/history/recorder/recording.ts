import { createHash } from 'node:crypto';
import { freshId } from '../../core/random.ts';
import type { RunInfo } from '../run.ts';

/**
 * The files of one recording belong together. A run's id may be the same in another directory, for that of a simulated
 * run is its seed, and that of an imported one the name of its file; so each recording gets a name of its own, which
 * stands in run.json, among the events and in the seal of every batch. What is simulated again is the same recording,
 * to the last byte. It is in the newest format, whatever the one was in that it was read from.
 */
export function asNewRecording(info: RunInfo): RunInfo {
  return { ...info, version: 2, recording: info.world === 'simulated' ? nameOfModel(info) : freshId() };
}

/** What ties the files together; in runs that were recorded before there were such names, the run's id. */
export function recordingOf({ recording, run }: RunInfo): string {
  return recording ?? run;
}

/** From all that a simulated run depends on. */
function nameOfModel({ run, seed, scenario, contract, kafkaMode, bug }: RunInfo): string {
  const facts = JSON.stringify([run, seed, scenario, contract, kafkaMode, bug]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}
