import { ErrorNames, putWrite, WRITE_COLUMNS, type Columns } from '../../history/columns/columns.ts';
import { growingColumns } from '../../history/columns/growing.ts';
import type { WriteBatch } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';
import type { Report } from './protocol.ts';

/**
 * Rows on their way to the process of the run, as columns: a few dozen messages a second, whatever the rate. One report is
 * under way at a time; where it takes long, rows wait here, and at last the writers do.
 */
export class Outbox {
  readonly #tell: (report: Report) => Promise<void>;
  readonly #names = new ErrorNames();
  #rows = growingColumns(WRITE_COLUMNS);
  #count = 0;
  #roomy: (() => void)[] = [];

  constructor(tell: (report: Report) => Promise<void>) {
    this.#tell = tell;
  }

  put(write: Write): void {
    putWrite(this.#rows.room(), this.#rows.next(), write, this.#names);
    this.#count++;
  }

  /** Resolves when no more than a bounded number of rows wait. */
  async room(): Promise<void> {
    if (this.#count >= ROWS_MAX) await new Promise<void>((resolve) => this.#roomy.push(resolve));
  }

  /** Sends everything that is there now. Resolves when it has been taken. */
  async send(state: Omit<Report, 'kind' | 'batches'>): Promise<void> {
    const batches = this.#rows.batches().map((batch) => this.#cut(batch));
    this.#rows = growingColumns(WRITE_COLUMNS);
    this.#count = 0;
    await this.#tell({ kind: 'report', ...state, batches });
    for (const go of this.#roomy.splice(0)) go();
  }

  /** A message takes along whole arrays: only what is in use is to travel. */
  #cut({ length, ...columns }: Columns<typeof WRITE_COLUMNS> & { length: number }): WriteBatch {
    const cut = Object.entries(columns).map(([name, column]) => {
      const width = WRITE_COLUMNS[name as keyof typeof WRITE_COLUMNS] === 'int64' ? 2 : 1;
      return [name, column.slice(0, length * width)];
    });
    return {
      ...(Object.fromEntries(cut) as Columns<typeof WRITE_COLUMNS>),
      length,
      errorNames: [...this.#names.names],
    };
  }
}

/** Of 57 bytes each. */
const ROWS_MAX = 200_000;
