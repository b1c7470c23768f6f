/**
 * Cuts a stream of Kafka's protocol into its messages, however TCP has cut it: each begins with its length in four bytes.
 * A stream that is something else, such as TLS, is told by a length that no message has.
 */
export interface Framer {
  /** False once a length was impossible; then only `rest` has what came in. */
  readonly isReadable: boolean;
  /** @returns the messages that are whole now, with their lengths in front */
  push(chunk: Buffer): Buffer[];
  /** What came in and was not returned. Empties it. */
  rest(): Buffer;
}

const LENGTH_BYTES = 4;
/** Brokers take no requests of more than 100 MB unless they are told to; TLS begins with what would be 369 MB. */
const LENGTH_MAX = 300 * 1024 * 1024;

/** @param lengthMin the least number of bytes behind a length */
export function createFramer(lengthMin: number): Framer {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let isReadable = true;

  function rest(): Buffer {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks = [];
    bytes = 0;
    return all;
  }

  /** The length of the message that begins the stream; null while it is not known. */
  function nextLength(): number | null {
    if (bytes < LENGTH_BYTES) return null;
    if (chunks[0]!.length < LENGTH_BYTES) chunks = [Buffer.concat(chunks)];
    return chunks[0]!.readInt32BE(0);
  }

  return {
    get isReadable() {
      return isReadable;
    },
    push(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
      const messages: Buffer[] = [];
      while (isReadable) {
        const length = nextLength();
        if (length === null) break;
        if (length < lengthMin || length > LENGTH_MAX) {
          isReadable = false;
          break;
        }
        const end = LENGTH_BYTES + length;
        if (bytes < end) break;
        const all = rest();
        messages.push(all.subarray(0, end));
        if (all.length > end) {
          chunks = [all.subarray(end)];
          bytes = all.length - end;
        }
      }
      return messages;
    },
    rest,
  };
}
