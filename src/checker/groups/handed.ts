import { int64At, type Run } from '../../history/run.ts';
import { PagedColumn } from '../columns/paged.ts';

/** Which offsets the members of a group were handed, and how often again, in one pass over the reads. */
export class Handed {
  /** Records that members were handed, each time counted. */
  count = 0;
  /** Those of them whose offset some member had been handed before. */
  again = 0;
  /** The most of them that one life of a member was handed in one partition. */
  windowMax = 0;
  /** By partition: a bit for each offset. */
  readonly #offsets = new Map<number, PagedColumn>();

  /** @param lives the scan numbers of the members' lives */
  constructor(run: Pick<Run, 'reads'>, lives: ReadonlySet<number>) {
    /** By life and partition: how many it was handed again. */
    const windows = new Map<string, number>();
    for (const batch of run.reads()) {
      for (let row = 0; row < batch.length; row++) {
        const scan = batch.scan[row]!;
        if (!lives.has(scan)) continue;
        const partition = batch.partition[row]!;
        this.count++;
        if (!this.#add(partition, int64At(batch.offset, row))) continue;
        this.again++;
        const key = `${scan}/${partition}`;
        const window = 1 + (windows.get(key) ?? 0);
        windows.set(key, window);
        this.windowMax = Math.max(this.windowMax, window);
      }
    }
  }

  has(partition: number, offset: number): boolean {
    return ((this.#offsets.get(partition)?.get(Math.floor(offset / 32)) ?? 0) & (1 << (offset & 31))) !== 0;
  }

  /** @returns whether it was there already */
  #add(partition: number, offset: number): boolean {
    let column = this.#offsets.get(partition);
    if (column === undefined) this.#offsets.set(partition, (column = new PagedColumn('uint32')));
    const word = Math.floor(offset / 32);
    const before = column.get(word);
    const after = (before | (1 << (offset & 31))) >>> 0;
    column.set(word, after);
    return after === before;
  }
}
