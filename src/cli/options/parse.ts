import { InvalidArgumentError } from 'commander';
import { TIMER_MS_MAX } from '../../core/clock.ts';
import { CLIENT_LIBRARIES, type ClientLibrary } from '../../history/client-info.ts';

/** Parsers of option values. Each says what it expected; commander adds the option's name. */

/** `90s`, `1500ms`, `10m`, `2h`, `3d`; a bare number means seconds. Returns milliseconds, no more than a timer can hold. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('Expected a duration such as 90s, 1500ms, 10m or 2h.');
  const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 's']!;
  const durationMs = Math.round(Number(match[1]) * factor);
  if (durationMs > TIMER_MS_MAX)
    throw new InvalidArgumentError(
      'Expected a duration of at most 596h, which is 24 days: timers hold no more.',
    );
  return durationMs;
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text.trim()) || Number(text) < 1) {
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  }
  return Number(text);
}

/** Writes per second, or `max` for full speed (null). */
export function parseRate(text: string): number | null {
  if (text === 'max') return null;
  const rate = Number(text);
  if (!(rate > 0)) throw new InvalidArgumentError('Expected writes per second, or "max" for full speed.');
  return rate;
}

/** The same as the value of an option: commander takes a null for an option without a value. */
export function parseRateOption(text: string): number | 'max' {
  return parseRate(text) ?? 'max';
}

export function parseSeed(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) >= 2 ** 31) {
    throw new InvalidArgumentError('Expected a whole number below 2147483648.');
  }
  return Number(text);
}

/** `1..2000`, both ends included, or a single seed. */
export function parseSeedRange(text: string): { first: number; last: number } {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text.trim());
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || last >= 2 ** 31 || first > last) {
    throw new InvalidArgumentError(
      'Expected two whole numbers below 2147483648, the smaller one first, such as 1..2000.',
    );
  }
  return { first, last };
}

/** `kafkajs`, or with a version: `java@3.9.1`. */
export function parseClient(text: string): { library: ClientLibrary; version?: string } {
  const [name, version, ...more] = text.split('@');
  const known = CLIENT_LIBRARIES.filter((each) => each !== 'command');
  const library = known.find((each) => each === name);
  if (library === undefined || more.length > 0 || version === '') {
    throw new InvalidArgumentError(
      `Expected a library, or one with a version: ${known.join(', ')}. A program of yours is named by --client-command.`,
    );
  }
  return { library, ...(version !== undefined && { version }) };
}

export function parseAcks(text: string): 0 | 1 | 'all' {
  if (text === 'all' || text === '-1') return 'all';
  if (text === '0') return 0;
  if (text === '1') return 1;
  throw new InvalidArgumentError('Expected 0, 1 or all.');
}

export function parseTransactionVersion(text: string): 1 | 2 {
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new InvalidArgumentError('Expected 1 or 2.');
}

export function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1))
    throw new InvalidArgumentError('Expected a share from 0 to 1, such as 0.25.');
  return share;
}

/** A number of hosts, or hosts by name. */
export function parseLoadHosts(text: string): number | string[] {
  return /^\d+$/.test(text) ? parseCount(text) : parseList(text);
}

export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
