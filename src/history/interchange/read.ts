import { basename } from 'node:path';
import {
  ErrorNames,
  MARKER_COLUMNS,
  putEnd,
  putMarker,
  putRead,
  putTransaction,
  putWrite,
  schemasOf,
  TRANSACTION_COLUMNS,
} from '../columns/columns.ts';
import { Damages } from '../damage.ts';
import type { Event, NoteEvent } from '../event.ts';
import { completeContract } from '../assumptions.ts';
import { defaultInfo } from '../default-info.ts';
import { duplicateKeyOf } from '../../core/duplicate-keys.ts';
import { isRegular } from '../../core/regular-file.ts';
import { NESTING_MAX, nestsDeeper } from '../../core/nesting.ts';
import type { Contract, Run, RunInfo } from '../run.ts';
import { Collector } from './collect.ts';
import { parseEnd, parseEvents, type PlacedEvent } from './parse-events.ts';
import { Extras } from './extras.ts';
import { type Fields, LineProblem, shown } from './fields.ts';
import { changeOf, type CountsLine, LineSum, parseCountsLine } from './counts-line.ts';
import { damageOf } from './line-counts.ts';
import { lineFailure, linesOf } from './lines.ts';
import { parseRead, parseWrite } from './rows.ts';
import { parseRunLine, type RunLine } from './run-line.ts';
import { ScanNumbers } from './scan-names.ts';
import { parseMarker, parseTransaction } from './transaction-lines.ts';
import { parseDamage } from './damage-line.ts';

type Schemas = ReturnType<typeof schemasOf>;
type WriteSchema = Schemas['writes'];
type ReadSchema = Schemas['reads'];
type EndSchema = Schemas['ends'];

/** A run out of a file, and whatever the file says that a run has no place for. */
export interface ImportedRun extends Run {
  /** Pieces of lines, ordered by `of` and row; a whole `line` is one of a type that this program does not know. */
  extras(): Iterable<Extra>;
}

export interface Extra {
  of: 'end' | 'write' | 'read' | 'line';
  /** Of a row: which one, counted from 0 in the order of the run. */
  row: number;
  /** A JSON object. */
  text: string;
}

const TYPES = ['run', 'write', 'read', 'scan', 'reset', 'end', 'fault', 'view', 'counts'];
/** Only behind a line "run" of version 2. */
const TRANSACTION_TYPES: ReadonlySet<string> = new Set(['transaction', 'marker']);

const NO_PROMISE: Partial<NonNullable<RunLine['lines']>> = {};
const UNTIMED = Number.MAX_SAFE_INTEGER;

/**
 * The history in an NDJSON file, its lines in any order. Lines of types that this program does not know are kept
 * and ignored; a line that is wrong makes the whole file unusable, because what it says is then missing.
 * @param content what stands in the file, where it was packed or came through a pipe.
 * @throws Failure with status 64, which names the line.
 */
export function readInterchange(path: string, content?: Buffer): ImportedRun {
  const reader = new Reader();
  let sum: LineSum | null = null;
  let isFirst = true;
  for (const { line, number } of linesOf(path, content)) {
    // Other files are summed only if they turn out to have a checksum, which costs a second pass over them.
    if (isFirst && (line.includes('"kept":') || (content === undefined && !isRegular(path))))
      sum = new LineSum();
    isFirst = false;
    try {
      const { type } = reader.add(line, number);
      if (type !== 'counts') sum?.add(line);
    } catch (error) {
      if (error instanceof LineProblem) throw lineFailure(path, number, error.message);
      throw error;
    }
  }
  return reader.finish(path, () => (sum ?? sumOf(path, content, reader.countsLine)).value);
}

/** @param except the line that holds the checksum. */
function sumOf(path: string, content: Buffer | undefined, except: number): LineSum {
  const sum = new LineSum();
  for (const { line, number } of linesOf(path, content)) if (number !== except) sum.add(line);
  return sum;
}

class Reader {
  #inTransactions = false;
  #writes: Collector<WriteSchema> = new Collector(schemasOf({}).writes);
  #reads: Collector<ReadSchema> = new Collector(schemasOf({}).reads);
  #ends: Collector<EndSchema> = new Collector(schemasOf({}).ends);
  readonly #transactions = new Collector(TRANSACTION_COLUMNS);
  readonly #markers = new Collector(MARKER_COLUMNS);
  /** Where each end stands among all events; null once one of them does not say. */
  #endPlaces: number[] | null = [];
  readonly #errors = new ErrorNames();
  readonly #endExtras = new Extras();
  readonly #writeExtras = new Extras();
  readonly #readExtras = new Extras();
  readonly #lineExtras = new Extras();
  readonly #events: PlacedEvent[] = [];
  #eventLines = 0;
  readonly #scans = new ScanNumbers();
  readonly #damages = new Damages();
  readonly #unknownTypes = new Map<string, number>();
  readonly #numberOf = (scan: string) => this.#scans.numberOf(scan);
  #run: RunLine | null = null;
  #counts: CountsLine | null = null;
  readonly #workers = new Set<number>();
  #partitions = 1;
  /** Whether it is an export of this program, which may hold what a damaged run holds. */
  #isOwn = false;
  #line = 0;
  /** The first line that only such an export may hold: the line "run" may come later. */
  #foreignProblem: { line: number; problem: string } | null = null;
  /** By scan, and by partition: the first line that tells of a record of it, and what the scan lines tell of. */
  readonly #readsFrom = new Map<string, number>();
  readonly #scanned = new Set<string>();
  /** The lives of members of a group, whose bounds nothing tells. */
  readonly #lives = new Set<string>();

  /** The number of the line that counts the others; 0 while there is none. */
  get countsLine(): number {
    return this.#counts?.line ?? 0;
  }

  /** @returns what the line says. */
  add(line: string, number: number): Fields {
    const fields = parse(line);
    this.#line = number;
    this.#take(fields);
    return fields;
  }

  #take(fields: Fields): void {
    switch (fields['type']) {
      case 'write':
        return this.#addWrite(fields);
      case 'read':
        return this.#addRead(fields);
      case 'end':
        return this.#addEnd(fields);
      case 'run':
        if (this.#run !== null) throw new LineProblem('it is a second "run" line, and a file holds one run');
        this.#run = parseRunLine(fields);
        if (this.#run.info.transactions !== undefined) this.#beginTransactions();
        this.#scans.know(this.#run.scans);
        this.#isOwn = fields['kept'] !== undefined;
        return;
      case 'counts':
        if (this.#counts !== null)
          throw new LineProblem(
            `it is a second line of type "counts", and a file, which holds one run, ends with one: the first is line ${this.#counts.line}`,
          );
        this.#counts = parseCountsLine(fields, this.#line);
        return;
      case 'damage':
        this.#damages.add(parseDamage(fields));
        return;
      default:
        return this.#addOther(fields);
    }
  }

  /** Before any row: what rows can hold depends on it. */
  #beginTransactions(): void {
    if (this.#line !== 1) throw new LineProblem('of version 2, it must be the first line of its file');
    const schemas = schemasOf(this.#run!.info);
    this.#inTransactions = true;
    this.#writes = new Collector(schemas.writes);
    this.#reads = new Collector(schemas.reads);
    this.#ends = new Collector(schemas.ends);
  }

  #addTransaction(fields: Fields): void {
    const row = parseTransaction(fields);
    this.#assertOrder(fields);
    const { columns, index } = this.#transactions.next(row.endCompleteNs ?? UNTIMED);
    putTransaction(columns, index, row, this.#errors);
    this.#eventLines++;
  }

  #addMarker(fields: Fields): void {
    const row = parseMarker(fields, this.#numberOf);
    const { columns, index } = this.#markers.next(row.timeNs);
    putMarker(columns, index, row);
    this.#eventLines++;
  }

  #addWrite(fields: Fields): void {
    const parsed = parseWrite(fields, this.#inTransactions);
    this.#assertOrder(fields);
    const { row } = parsed;
    let { others } = parsed;
    const number = this.#writes.rows;
    const { columns, index } = this.#writes.next(row.completeNs ?? UNTIMED);
    putWrite(columns, index, row, this.#errors);
    // Columns cut what is too long and too many: the file's own words are kept beside them.
    if (row.error !== null && this.#errors.names[columns.error[index]!] !== row.error)
      others = { ...others, error: row.error };
    if (others !== null) this.#writeExtras.add(number, others);
    this.#workers.add(row.worker);
    if (row.partition >= this.#partitions) this.#partitions = row.partition + 1;
  }

  #addRead(fields: Fields): void {
    const { row, others } = parseRead(fields, this.#numberOf, this.#inTransactions);
    const from = `${String(fields['scan'])}/${row.partition}`;
    if (!this.#readsFrom.has(from)) this.#readsFrom.set(from, this.#line);
    const number = this.#reads.rows;
    const { columns, index } = this.#reads.next(row.timeNs);
    putRead(columns, index, row);
    if (others !== null) this.#readExtras.add(number, others);
    if (row.partition >= this.#partitions) this.#partitions = row.partition + 1;
  }

  #addEnd(fields: Fields): void {
    const { end, order, others } = parseEnd(fields);
    this.#assertOrder(fields);
    if (others !== null) this.#endExtras.add(this.#ends.rows, others);
    const { columns, index } = this.#ends.next(end.completeNs);
    putEnd(columns, index, end);
    if (order === null) this.#endPlaces = null;
    else this.#endPlaces?.push(order);
    this.#eventLines++;
  }

  #addOther(fields: Fields): void {
    const { type } = fields;
    if (typeof type !== 'string') throw new LineProblem(`"type" must be a text, not ${shown(type)}`);
    if (this.#inTransactions && type === 'transaction') return this.#addTransaction(fields);
    if (this.#inTransactions && type === 'marker') return this.#addMarker(fields);
    if (TRANSACTION_TYPES.has(type))
      throw new LineProblem(
        `a file with lines of type "${type}" begins with a line {"type":"run","version":2,…}: see "kept import --help"`,
      );
    const events = parseEvents(fields, this.#numberOf);
    if (type === 'scan' || type === 'offset-commit' || type === 'offset-fetch') this.#assertOrder(fields);
    if (events !== null) {
      if (type === 'member') this.#lives.add(String(fields['scan']));
      if (type === 'scan') this.#scanned.add(`${String(fields['scan'])}/${Number(fields['partition'])}`);
      this.#events.push(...events);
      this.#eventLines++;
      return;
    }
    if (!type.startsWith('x-'))
      this.#refuse(
        `"type" must be one of ${TYPES.map((known) => JSON.stringify(known)).join(', ')}, or begin with "x-", not ${shown(type)}`,
      );
    this.#unknownTypes.set(type, 1 + (this.#unknownTypes.get(type) ?? 0));
    this.#lineExtras.add(0, fields);
  }

  /** @param sum the checksum of all lines but the one that tells it. */
  finish(path: string, sum: () => number): ImportedRun {
    this.#assertUsable(path);
    for (const damage of this.#run?.info.damage ?? []) this.#damages.add(damage);
    this.#compareWithPromise(basename(path), sum);
    const writes = this.#writes.finish();
    const reads = this.#reads.finish();
    const ends = this.#ends.finish(this.#endPlaces);
    const transactions = this.#transactions.finish();
    const markers = this.#markers.finish();
    const errorNames = this.#errors.names;
    const writeBatches = writes.parts.map(({ rows, columns }) => ({ length: rows, errorNames, ...columns }));
    const readBatches = reads.parts.map(({ rows, columns }) => ({ length: rows, ...columns }));
    const endBatches = ends.parts.map(({ rows, columns }) => ({ length: rows, ...columns }));
    const transactionBatches = transactions.parts.map(({ rows, columns }) => ({
      length: rows,
      errorNames,
      ...columns,
    }));
    const markerBatches = markers.parts.map(({ rows, columns }) => ({ length: rows, ...columns }));
    const endExtras = this.#endExtras;
    const writeExtras = this.#writeExtras;
    const readExtras = this.#readExtras;
    const lineExtras = this.#lineExtras;
    const info = this.#info(path);
    return {
      info,
      events: withNotes(this.#orderedEvents(), this.#ignored()),
      writes: () => writeBatches,
      reads: () => readBatches,
      ends: () => endBatches,
      ...(this.#inTransactions && {
        transactions: () => transactionBatches,
        markers: () => markerBatches,
      }),
      damage: () => this.#damages.list,
      *extras() {
        for (const extra of endExtras.inOrder(ends.origins)) yield { of: 'end', ...extra };
        for (const extra of writeExtras.inOrder(writes.origins)) yield { of: 'write', ...extra };
        for (const extra of readExtras.inOrder(reads.origins)) yield { of: 'read', ...extra };
        for (const extra of lineExtras.inOrder(null)) yield { of: 'line', ...extra };
      },
    };
  }

  /** An answer does not come before its question. */
  #assertOrder({ invoke, complete }: Fields): void {
    if (typeof invoke === 'number' && typeof complete === 'number' && complete < invoke)
      this.#refuse(`"complete" must not be before "invoke", which is ${invoke}, and it is ${complete}`);
  }

  /** Unless the file turns out to be an export of this program. */
  #refuse(problem: string): void {
    this.#foreignProblem ??= { line: this.#line, problem };
  }

  /** What a reader was given accuses only together with its bounds; a name that was misspelt would hide them. */
  #assertUsable(path: string): void {
    if (this.#isOwn) return;
    if (this.#foreignProblem !== null)
      throw lineFailure(path, this.#foreignProblem.line, this.#foreignProblem.problem);
    for (const [from, number] of this.#readsFrom) {
      const [scan, partition] = [from.slice(0, from.lastIndexOf('/')), from.slice(from.lastIndexOf('/') + 1)];
      if (this.#scanned.has(from) || this.#lives.has(scan)) continue;
      throw lineFailure(
        path,
        number,
        `"scan" is ${JSON.stringify(scan)}, and no line of type "scan" has this name and partition ${partition}`,
      );
    }
  }

  /** Whether every line is there that was written, as it was written, where the file says so. */
  #compareWithPromise(file: string, sum: () => number): void {
    const { counts: ends, ...promised } = this.#run?.lines ?? NO_PROMISE;
    const there = { writes: this.#writes.rows, reads: this.#reads.rows, events: this.#eventLines };
    const damages = damageOf(file, promised, there);
    if (this.#counts !== null) {
      const change = this.#counts.sum === null ? null : changeOf(file, this.#counts, sum());
      damages.push(...damageOf(file, this.#counts.counts, there), ...(change === null ? [] : [change]));
    } else if (ends === 1 && damages.length === 0) {
      const detail = 'The line of type "counts" is missing, with which it was to end.';
      damages.push({ file, kind: 'torn', detail });
    }
    for (const damage of damages) this.#damages.add(damage);
  }

  #info(path: string): RunInfo {
    const name = basename(path);
    const defaults = defaultInfo({ partitions: this.#partitions, workers: this.#workers.size });
    const { info: known = {}, contract = {} } = this.#run ?? {};
    const isWhole = known.contract !== undefined;
    return {
      ...(!isWhole && {
        ...defaults,
        run: name,
        scenario: { name: 'imported', title: `Imported from ${name}` },
      }),
      ...(known as RunInfo),
      contract: isWhole ? (contract as Contract) : completeContract(contract),
      partitions: Math.max(known.partitions ?? 0, this.#partitions),
      workers: Math.max(known.workers ?? 0, this.#workers.size),
      ...(this.#damages.list.length > 0 && { damage: this.#damages.list }),
    };
  }

  /** As their places say, or by time where some have none. */
  #orderedEvents(): Event[] {
    const arePlaced = this.#events.every(({ order }) => order !== null);
    const ordered = this.#events.toSorted((a, b) =>
      arePlaced ? a.order! - b.order! : timeOf(a.event) - timeOf(b.event),
    );
    return ordered.map(({ event }) => event);
  }

  #ignored(): NoteEvent[] {
    return [...this.#unknownTypes].map(([type, count]) => ({
      type: 'note',
      timeNs: 0,
      text: `The file has ${count === 1 ? 'a line' : `${count} lines`} of type ${JSON.stringify(type)}, which this program does not know; nothing was made of ${count === 1 ? 'it' : 'them'}.`,
      about: 'warning',
    }));
  }
}

/** An import of an export of an import says it once. */
function withNotes(events: Event[], notes: NoteEvent[]): Event[] {
  const told = new Set(events.map((event) => (event.type === 'note' ? event.text : '')));
  return [...events, ...notes.filter(({ text }) => !told.has(text))];
}

function parse(line: string): Fields {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch {
    throw new LineProblem(`it is not JSON: ${shown(line)}`);
  }
  // A level takes two characters at least, so that hardly any line has to be measured.
  if (line.length > 2 * NESTING_MAX && nestsDeeper(content, NESTING_MAX))
    throw new LineProblem(`its lists and objects stand in each other more than ${NESTING_MAX} deep`);
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new LineProblem(`it is not a JSON object: ${shown(content)}`);
  const twice = duplicateKeyOf(line, content);
  if (twice !== null) throw new LineProblem(`"${twice}" is there twice`);
  return content as Fields;
}

/** When an event became known. */
function timeOf(event: Event): number {
  return 'timeNs' in event ? event.timeNs : event.completeNs;
}
