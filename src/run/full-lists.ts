import { closeSync, openSync, writeSync } from 'node:fs';
import { type Draft, draftFile } from '../core/draft.ts';
import { valueName } from '../core/words.ts';
import type { Anomaly } from '../checker/findings/grouping.ts';
import type { FindingKind } from '../checker/result.ts';

const NOT_OF_RECORDS: ReadonlySet<FindingKind> = new Set(['reordered', 'end-regressed']);
const CHUNK_CHARACTERS = 1 << 20;

/**
 * Every anomaly on a line of its own, written while they are found, so that it costs no memory however many there are:
 * results.json has them in groups. What is about no single record, the order of the log and its end offsets, is there.
 * The list of an earlier check stays until this one is whole.
 */
export class FullLists {
  /** What went wrong with the file, if anything did: that must not keep anybody from a verdict. */
  failure: unknown = null;
  #draft: Draft | null = null;
  #file = -1;
  #lines: string[] = [];
  #characters = 0;

  constructor(path: string) {
    this.#attempt(() => {
      this.#draft = draftFile(path);
      this.#file = openSync(this.#draft.path, 'w');
    });
  }

  add({ kind, loss, partition, offset, timeNs, worker, seq, ruling }: Anomaly): void {
    if (this.#file < 0 || NOT_OF_RECORDS.has(kind)) return;
    const line = `${JSON.stringify({
      kind,
      ...(loss !== null && { loss }),
      partition,
      ...(worker >= 0 && { value: valueName(worker, seq) }),
      ...(offset >= 0 && { offset }),
      ...(timeNs >= 0 && { timeNs }),
      judgement: ruling.judgement,
    })}\n`;
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= CHUNK_CHARACTERS) this.#flush();
  }

  close(): void {
    if (this.#file < 0) return;
    this.#flush();
    this.#attempt(() => closeSync(this.#file));
    this.#attempt(() => this.#draft?.publish());
    if (this.failure !== null) this.#draft?.discard();
    this.#file = -1;
  }

  #flush(): void {
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#characters = 0;
    this.#attempt(() => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    });
  }

  #attempt(act: () => void): void {
    if (this.failure !== null) return;
    try {
      act();
    } catch (error) {
      this.failure = error;
    }
  }
}
