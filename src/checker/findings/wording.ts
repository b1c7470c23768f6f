import { NS_PER_SECOND } from '../../core/clock.ts';

/** How figures stand in the checker's sentences: the same on every machine, whatever its locale. */

/** `18,550`. */
export function grouped(value: number): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 record`, `13,850 records`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

/** A moment on the run's clock: `7.1 s`. */
export function moment(timeNs: number): string {
  return `${(timeNs / NS_PER_SECOND).toFixed(1)} s`;
}

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
