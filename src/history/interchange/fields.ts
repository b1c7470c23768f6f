/**
 * The fields of a line, checked as they are taken. Hand-written because a history has hundreds of millions of lines:
 * every check is one comparison, and only a line that is wrong pays for its sentence.
 */
export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a line, as a clause; the reader adds the file and the number of the line. */
export class LineProblem extends Error {}

export const INT32_MAX = 0x7fffffff;
/** The largest worker number; the next one stands for "no worker" in the columns. */
export const WORKER_MAX = 0xfffffffe;

/** A whole number from 0 up to `max`, which is exact in JSON only below 2^53. */
export function wholeOf(fields: Fields, name: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
  throw new LineProblem(`"${name}" must be a whole number from 0 to ${max}, not ${shown(value)}`);
}

/** As `wholeOf`; null when it is null or not there. */
export function wholeOrNull(fields: Fields, name: string, max?: number): number | null {
  const value = fields[name];
  return value === null || value === undefined ? null : wholeOf(fields, name, max);
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new LineProblem(`"${name}" must be a text, not ${shown(value)}`);
}

/** `false` when it is not there. */
export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new LineProblem(`"${name}" must be true or false, not ${shown(value)}`);
}

export function choiceOf<T>(fields: Fields, name: string, choices: readonly T[]): T {
  const index = choices.indexOf(fields[name] as T);
  if (index >= 0) return choices[index]!;
  const all = choices.map((choice) => JSON.stringify(choice)).join(', ');
  throw new LineProblem(`"${name}" must be one of ${all}, not ${shown(fields[name])}`);
}

/** A list whose every item `isItem` accepts; `what` names them in the plural. */
export function listOf<T>(
  fields: Fields,
  name: string,
  what: string,
  isItem: (item: unknown) => item is T,
): T[] {
  const value = fields[name];
  if (Array.isArray(value) && value.every((item) => isItem(item))) return value;
  throw new LineProblem(`"${name}" must be a list of ${what}, not ${shown(value)}`);
}

/** What the line has besides these fields; null when that is nothing. */
export function othersThan(known: ReadonlySet<string>, fields: Fields): Record<string, unknown> | null {
  let others: Record<string, unknown> | null = null;
  for (const name in fields) {
    // Defined rather than assigned: a field may be called `__proto__`.
    if (!known.has(name))
      Object.defineProperty((others ??= {}), name, {
        value: fields[name],
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return others;
}

const SHOWN_CHARACTERS = 60;

/** A value as it stands in a sentence. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
