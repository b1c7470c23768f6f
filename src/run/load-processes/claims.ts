import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { diskFailure } from '../../history/recorder/append-file.ts';

/**
 * How far each worker has come, in a file without a name that a process and its parent share: before a request goes out,
 * its process notes the number behind its last write here. What is noted is in the system's memory, so it outlives a
 * process that is killed, and its parent knows which writes were begun. It costs a system call a request.
 */
export interface Claims {
  readonly descriptor: number;
  /** The number behind the last write that the worker has begun; 0 for none. */
  endOf(worker: number): number;
  close(): void;
}

const SLOT_BYTES = 8;

/** Notes for one process, on the descriptor that it was given. */
export function claimOn(descriptor: number): (worker: number, endSeq: number) => void {
  const slot = Buffer.alloc(SLOT_BYTES);
  return (worker, endSeq) => {
    slot.writeDoubleLE(endSeq);
    writeSync(descriptor, slot, 0, SLOT_BYTES, worker * SLOT_BYTES);
  };
}

/** @param directory where the file is made. It has lost its name when this returns, and goes with its last user. */
export function openClaims(directory: string): Claims {
  const path = join(directory, 'claims.new');
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx+');
    unlinkSync(path);
  } catch (error) {
    throw diskFailure(path, error);
  }
  const slot = Buffer.alloc(SLOT_BYTES);
  return {
    descriptor,
    endOf(worker) {
      const read = readSync(descriptor, slot, 0, SLOT_BYTES, worker * SLOT_BYTES);
      return read < SLOT_BYTES ? 0 : slot.readDoubleLE();
    },
    close: () => closeSync(descriptor),
  };
}
