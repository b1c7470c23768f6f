import { endAt, markerAt, readAt, transactionAt, writeAt } from '../columns/columns.ts';
import { Damages } from '../damage.ts';
import type { Run, RunInfo } from '../run.ts';
import { formatEnd, formatEvents } from './format-events.ts';
import { formatCountsLine, LineSum } from './counts-line.ts';
import { countLines, type LineCounts } from './line-counts.ts';
import type { Extra } from './read.ts';
import { formatRead, formatWrite } from './rows.ts';
import { formatRunLine } from './run-line.ts';
import { nameOfScan, scanNames } from './scan-names.ts';
import { formatMarker, formatTransaction } from './transaction-lines.ts';

const CHUNK_CHARACTERS = 1 << 18;

/**
 * A run as an NDJSON file, in chunks of whole lines: the run, its events, its end offsets, its writes, its reads, and
 * the line that counts them.
 * @param extras what an import could not put into rows; it is written where it stood.
 */
export function* formatInterchange(run: Run, extras: Iterable<Extra> = []): Generator<string> {
  let chunk = '';
  // Only after a pass over all rows it is known how many there are, and what of the run is damaged.
  const counts = countLines(run);
  const sum = new LineSum();
  for (const line of lines(run, extras, counts)) {
    sum.add(line);
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}${formatCountsLine(counts, sum.value)}\n`;
}

function* lines(run: Run, extras: Iterable<Extra>, counts: LineCounts): Generator<string> {
  const names = scanNames(run.events);
  const nameOf = (scan: number) => nameOfScan(names, scan);
  const scans = [...names].map(([number, name]): [string, number] => [name, number]);
  yield JSON.stringify(formatRunLine(withDamage(run), { scans, lines: counts }));
  for (const event of formatEvents(run.events, nameOf)) yield JSON.stringify(event);

  const others = new Others(extras);
  let row = 0;
  for (const batch of run.ends())
    for (let index = 0; index < batch.length; index++)
      yield formatEnd(endAt(batch, index), run.events.length + row, others.of('end', row++));
  row = 0;
  for (const batch of run.writes())
    for (let index = 0; index < batch.length; index++)
      yield formatWrite(writeAt(batch, index), others.of('write', row++));
  row = 0;
  for (const batch of run.reads()) {
    for (let index = 0; index < batch.length; index++) {
      const read = readAt(batch, index);
      yield formatRead(read, nameOf(read.scan), others.of('read', row++));
    }
  }
  for (const batch of run.transactions?.() ?? [])
    for (let index = 0; index < batch.length; index++) yield formatTransaction(transactionAt(batch, index));
  for (const batch of run.markers?.() ?? []) {
    for (let index = 0; index < batch.length; index++) {
      const marker = markerAt(batch, index);
      yield formatMarker(marker, nameOf(marker.scan));
    }
  }
  yield* others.rest();
}

/** The facts about a run, and among them whatever is damaged in it: the copy does not heal that. */
function withDamage(run: Run): RunInfo {
  const damages = new Damages();
  for (const damage of [...(run.info.damage ?? []), ...run.damage()]) damages.add(damage);
  return damages.list.length === 0 ? run.info : { ...run.info, damage: damages.list };
}

/** The extras, taken in their order as the rows that they belong to are written. */
class Others {
  readonly #extras: Iterator<Extra>;
  #next: Extra | undefined;

  constructor(extras: Iterable<Extra>) {
    this.#extras = extras[Symbol.iterator]();
    this.#advance();
  }

  of(kind: Extra['of'], row: number): Record<string, unknown> | null {
    const extra = this.#next;
    if (extra === undefined || extra.of !== kind || extra.row !== row) return null;
    this.#advance();
    const fields: Record<string, unknown> = JSON.parse(extra.text);
    return fields;
  }

  /** Lines of types that this program does not know. */
  *rest(): Generator<string> {
    for (; this.#next !== undefined; this.#advance()) if (this.#next.of === 'line') yield this.#next.text;
  }

  #advance(): void {
    const { done, value } = this.#extras.next();
    this.#next = done === true ? undefined : value;
  }
}
