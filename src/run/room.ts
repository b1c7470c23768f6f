import { existsSync, statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { EXIT, Failure } from '../core/failure.ts';
import { grouped } from '../core/words.ts';
import { forecastOf } from '../scenario/forecast.ts';
import type { Scenario } from '../scenario/schema.ts';

/** Whether what a run will write has room on this machine, told before anything is started. */

/** What a broker, or a node that coordinates, needs for itself. */
const NODE_BYTES = 400 * 2 ** 20;

/** What this machine has, in bytes. */
export interface Room {
  /** For the brokers' logs in the lab's memory file system. */
  memory: number;
  /** Where the run directory is made. */
  store: number;
  /** Where the brokers keep their data; null: in memory. */
  data: number | null;
}

export function roomFor(places: { store: string; dataDir?: string | undefined; nodes: number }): Room {
  const limit = process.constrainedMemory?.() || Infinity;
  const total = Math.min(totalmem(), limit);
  // A memory file system takes at most half of the memory.
  const memory = Math.min(total / 2, Math.min(freemem(), limit) - places.nodes * NODE_BYTES);
  return {
    memory: Math.max(0, memory),
    store: freeAt(places.store),
    data: places.dataDir === undefined ? null : freeAt(places.dataDir),
  };
}

/** Whether the brokers can keep it in memory, as far as that is known. */
export function fitsMemory(scenario: Scenario, room: Room): boolean {
  const { isKnown, logBytes } = forecastOf(scenario);
  return !isKnown || logBytes <= room.memory;
}

/** @throws Failure (usage) when it cannot fit, with the options that help. */
export function assertRoom(scenario: Scenario, room: Room): void {
  const { records, isKnown, logBytes, historyBytes } = forecastOf(scenario);
  // At full speed the number of records is a guess, and no reason to refuse anything.
  if (!isKnown) return;
  const refuse = (what: string, needed: number, free: number, hint: string): never => {
    throw new Failure(`${grouped(records)} records ${what} ${sizeOf(needed)}, and ${sizeOf(free)} are free`, {
      hint,
      exitStatus: EXIT.usage,
    });
  };
  const less = '--rate, --duration, --count or --record-bytes make the run smaller';
  if (room.data === null && logBytes > room.memory)
    refuse(
      'on the brokers need about',
      logBytes,
      room.memory,
      `--data-dir DIR keeps them on a disk instead of in memory; ${less}`,
    );
  if (room.data !== null && logBytes > room.data)
    refuse(
      'in the directory that --data-dir names need about',
      logBytes,
      room.data,
      `name another one; ${less}`,
    );
  if (historyBytes > room.store)
    refuse(
      'in a run directory need about',
      historyBytes,
      room.store,
      `--store DIR puts it elsewhere; ${less}`,
    );
}

export function describeForecast(scenario: Scenario): string {
  const { records, isKnown, logBytes, historyBytes } = forecastOf(scenario);
  if (scenario.soak !== undefined && isKnown)
    return `at most ${grouped(records)} records a period; at any time up to ${sizeOf(logBytes)} on the brokers, and ${sizeOf(historyBytes)} of histories that are not judged yet`;
  const about = isKnown ? 'about' : 'at full speed perhaps';
  return `${about} ${grouped(records)} records: ${sizeOf(logBytes)} on the brokers, ${sizeOf(historyBytes)} in the run directory`;
}

/** Of the nearest directory above that exists. */
function freeAt(path: string): number {
  let place = resolve(path);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize;
  } catch {
    // It will be said when the directory is made.
    return Infinity;
  }
}

export function sizeOf(bytes: number): string {
  if (bytes < 2 ** 20) return `${Math.ceil(bytes / 2 ** 10)} KiB`;
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
