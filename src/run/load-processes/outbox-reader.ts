import type { RemoteFiles } from '../../control/remote.ts';
import { join } from 'node:path/posix';
import { decodeFromLoader, outboxFile } from './host-files.ts';
import type { FromLoader } from './protocol.ts';

const CHUNK_BYTES_MAX = 4 * 2 ** 20;
const LINE_BREAK = 10;

/** What a process on another host has told, from its files there: each line once, in their order. */
export class OutboxReader {
  readonly #files: RemoteFiles;
  readonly #directory: string;
  readonly #remove: (path: string) => Promise<void>;
  #number = 0;
  #byte = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** @param remove removes a file of the host. */
  constructor(files: RemoteFiles, directory: string, remove: (path: string) => Promise<void>) {
    this.#files = files;
    this.#directory = directory;
    this.#remove = remove;
  }

  /**
   * Some of what is there and was not given yet; empty when there is nothing.
   * @throws Failure where the host cannot be reached; nothing is lost then, and it may be asked again.
   */
  async next(): Promise<FromLoader[]> {
    const path = join(this.#directory, outboxFile(this.#number));
    // Asked first: where there is another one, nothing comes into this one any more.
    const isOver = (await this.#files.size(join(this.#directory, outboxFile(this.#number + 1)))) !== null;
    const bytes = await this.#files.read(path, { byte: this.#byte, maxBytes: CHUNK_BYTES_MAX });
    if (bytes === null || bytes.length === 0) {
      if (!isOver) return [];
      await this.#remove(path);
      this.#number++;
      this.#byte = 0;
      return this.next();
    }
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(LINE_BREAK) + 1;
    const lines = end === 0 ? [] : all.toString('utf8', 0, end - 1).split('\n');
    // Before anything counts as given: what cannot be read must not look as if it had never been told.
    const messages = lines.map(decodeFromLoader);
    this.#byte += bytes.length;
    // A line may be under way; a part that never becomes a whole line was not told.
    this.#rest = all.subarray(end);
    return messages.length === 0 ? this.next() : messages;
  }
}
