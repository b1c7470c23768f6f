// Reads the sealed messages of a file ahead of the thread that checks them, and verifies their checksums: half of the
// work of a check is done here. See read-ahead.ts. It is JavaScript because a worker thread starts in a tenth of the
// time without a compiler, and because it decides nothing: what it delivers is what was at that position, and whether
// its checksum holds.
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';

// The layout of a message is told in seal.ts.
const PREFIX_BYTES = 8;
const SEAL_BYTES = 40;
const BODY_BYTES_AT = 12;
const CRC_AT = 36;

parentPort.on('message', (job) => {
  const { control, facts, slots, slotBytes } = job;
  const ring = facts.length / 4;
  /** Makes a slot's content known; nothing in it means that there is no more. */
  const publish = (produced) => {
    Atomics.store(control, 0, produced + 1);
    Atomics.notify(control, 0);
  };
  let produced = 0;
  /** False when the reader wants no more. */
  const hasRoom = () => {
    for (;;) {
      if (Atomics.load(control, 2) !== 0) return false;
      const consumed = Atomics.load(control, 1);
      if (produced - consumed < ring - 1) return true;
      Atomics.wait(control, 1, consumed);
    }
  };
  let file = -1;
  try {
    file = openSync(job.path, 'r');
    let { position } = job;
    let guessBytes = 4096;
    while (hasRoom()) {
      const slot = produced % ring;
      const bytes = Buffer.from(slots, slot * slotBytes, slotBytes);
      const limit = Math.min(slotBytes, job.size - position);
      let got = readUpTo(file, bytes, 0, Math.min(guessBytes, limit), position);
      const headBytes = got < PREFIX_BYTES ? 0 : PREFIX_BYTES + bytes.readInt32LE(4);
      if (headBytes < PREFIX_BYTES + SEAL_BYTES || headBytes > limit) break;
      if (headBytes > got) got += readUpTo(file, bytes, got, headBytes, position);
      const total = headBytes + bytes.readUInt32LE(headBytes - SEAL_BYTES + BODY_BYTES_AT);
      if (total > limit) break;
      if (total > got) got += readUpTo(file, bytes, got, total, position);
      if (got < total) break;
      const crcAt = headBytes - SEAL_BYTES + CRC_AT;
      const isVerified =
        job.verify &&
        crc32(bytes.subarray(headBytes, total), crc32(bytes.subarray(0, crcAt))) ===
          bytes.readUInt32LE(crcAt);
      facts.set([position % 2 ** 31, Math.floor(position / 2 ** 31), total, Number(isVerified)], 4 * slot);
      publish(produced++);
      position += total;
      guessBytes = total;
    }
  } catch {
    // Whatever could not be read here, the reader itself will try to, and say what is wrong.
  } finally {
    if (file >= 0) closeSync(file);
    facts.set([0, 0, 0, 0], 4 * (produced % ring));
    publish(produced);
    Atomics.store(control, 3, 1);
    Atomics.notify(control, 3);
  }
});

/** Fills `bytes` from `from` up to `to`; returns how many there were. */
function readUpTo(file, bytes, from, to, position) {
  let done = from;
  while (done < to) {
    const got = readSync(file, bytes, done, to - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done - from;
}
