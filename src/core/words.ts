import { NS_PER_SECOND } from './clock.ts';

/**
 * How numbers, moments and lists stand in sentences. One place for all of them, so that a text speaks of one thing in
 * one way, and the same on every machine, whatever its locale.
 */

/** `18,550`; what is not whole is rounded. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 record`, `13,850 records`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

/** A length of time: `350 ms`, `7.1 s`, `12 min 05 s`, `3 h 20 min`. */
export function seconds(timeNs: number): string {
  const total = timeNs / NS_PER_SECOND;
  if (total < 0.9995) return `${Math.round(total * 1000)} ms`;
  if (total < 119.95) return `${total.toFixed(1)} s`;
  const whole = Math.round(total);
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${pad2(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad2(Math.floor((whole % 3600) / 60))} min`;
}

/**
 * A moment on the run's clock, always in seconds, so that any two of them can be compared: `0.4 s`, `7.1 s`, `4,810.3 s`.
 */
export function moment(timeNs: number): string {
  const [whole = '', tenth = ''] = (timeNs / NS_PER_SECOND).toFixed(1).split('.');
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${tenth} s`;
}

const pad2 = (value: number) => String(value).padStart(2, '0');

/** `0`, `0 and 3`, `0, 1 and 7`; cut short after ten. */
export function listed(items: readonly (string | number)[]): string {
  const shown = items.slice(0, 10).map(String);
  if (items.length > shown.length) return `${shown.join(', ')} and ${items.length - shown.length} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** The name of a value, as the whole project writes it: `w3:120`. */
export function valueName(worker: number, seq: number): string {
  return `w${worker}:${seq}`;
}

/** A sentence within another one: without its full stop. */
export function clause(text: string): string {
  return text.trim().replace(/\.$/, '');
}

/**
 * With a capital at the beginning, except where a name stands there that is written as it is: of a node (`kafka1`), a
 * file (`run.json`), a setting (`acks=1`). A name that looks like any other word cannot be told from one, so sentences
 * do not begin with a name that a user has chosen.
 */
export function capitalised(text: string): string {
  const [word = ''] = text.split(/[\s,;:!?…]/, 1);
  const isName = /[\d/_=-]|\.(?!$)/.test(word);
  return isName ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** With a capital and a full stop. */
export function sentence(text: string): string {
  const start = capitalised(text);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}
