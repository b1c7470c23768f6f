import { Worker } from 'node:worker_threads';

/**
 * A second thread that reads a file ahead of the one that wants it, message by message, and verifies checksums. It
 * is a cache and nothing else: what it offers is taken only if it begins exactly where the reader stands, and
 * everything that is not plain (damage, a message larger than a slot, a thread that does not answer) is read by the
 * reader itself, as if there were no thread. So the same history is read with it and without it.
 *
 * A few slots of shared memory go round between the threads. They stay in the processor's cache, so that a message
 * costs one copy out of the page cache and no allocation.
 */
export interface ReadAhead {
  /** The message that begins at `position`, in memory that is valid until the next call; null if it is not at hand. */
  take(position: number): { bytes: Buffer<SharedArrayBuffer>; isVerified: boolean } | null;
  close(): void;
}

/** Below this a file is read before a thread has started. */
export const READ_AHEAD_BYTES_MIN = 16 << 20;

const SLOTS = 8;
/** Larger than any batch that a recorder writes. */
const SLOT_BYTES = 5 << 18;
/** A thread that says nothing for so long will never say anything. */
const PATIENCE_MS = 10_000;

/** Places in `control`: messages produced, messages given back, whether to stop, whether it has stopped. */
const PRODUCED = 0;
const CONSUMED = 1;
const STOP = 2;
const STOPPED = 3;

interface Thread {
  worker: Worker;
  slots: SharedArrayBuffer;
  isBusy: boolean;
}

/** One for the whole process: there is one history to read, and two passes at once are rare. */
let thread: Thread | null = null;

/**
 * Starts reading at `position`; null while another pass has the thread.
 * @param options.size the part of the file that counts.
 * @param options.verify whether checksums are to be verified.
 */
export function openReadAhead(
  path: string,
  options: { position: number; size: number; verify: boolean },
): ReadAhead | null {
  thread ??= startThread();
  const own = thread;
  if (own === null || own.isBusy) return null;
  const { worker, slots } = own;
  own.isBusy = true;
  const control = new Int32Array(new SharedArrayBuffer(4 * 4));
  /** By slot: position (low 31 bits and the rest), bytes (0: there is no more), whether the checksum holds. */
  const facts = new Int32Array(new SharedArrayBuffer(SLOTS * 4 * 4));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window.
  worker.postMessage({ ...options, path, control, facts, slots, slotBytes: SLOT_BYTES });
  let taken = 0;
  let isDone = false;

  let isSilent = false;
  return {
    take(position) {
      if (isDone) return null;
      Atomics.store(control, CONSUMED, taken);
      Atomics.notify(control, CONSUMED);
      while (Atomics.load(control, PRODUCED) <= taken) {
        isSilent = Atomics.wait(control, PRODUCED, taken, PATIENCE_MS) === 'timed-out';
        if (isSilent) break;
      }
      const slot = taken % SLOTS;
      const at = facts[4 * slot]! + facts[4 * slot + 1]! * 2 ** 31;
      const length = facts[4 * slot + 2]!;
      isDone = isSilent || length === 0 || at !== position;
      if (isDone) return null;
      taken++;
      return {
        bytes: Buffer.from(slots, slot * SLOT_BYTES, length),
        isVerified: facts[4 * slot + 3] === 1,
      };
    },
    close() {
      Atomics.store(control, STOP, 1);
      Atomics.store(control, CONSUMED, taken + SLOTS);
      Atomics.notify(control, CONSUMED);
      // A thread that never answered is not asked again: it counts as busy for ever.
      isSilent ||= Atomics.wait(control, STOPPED, 0, PATIENCE_MS) === 'timed-out';
      own.isBusy = isSilent;
    },
  };
}

/** Null where the system gives no thread. */
function startThread(): Thread | null {
  let worker: Worker;
  try {
    worker = new Worker(new URL('read-ahead-thread.js', import.meta.url), { execArgv: [] });
  } catch {
    return null;
  }
  worker.unref();
  // A thread that could not start or died never produces anything: the first thread gives up on it and reads by itself.
  worker.on('error', () => {});
  return { worker, slots: new SharedArrayBuffer(SLOTS * SLOT_BYTES), isBusy: false };
}
