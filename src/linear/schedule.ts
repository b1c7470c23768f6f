import type { Operation } from './operation.ts';

/**
 * A history as the engine walks it: the events in order, and a place for every operation.
 *
 * An operation that returns holds a *slot* while it is open, one bit of a configuration; slots are used again, so
 * there are as many as operations were ever open at once. One that never returns belongs to a *class* with all
 * others of its letter, and a configuration only counts how many of them it has used.
 */
export interface Schedule {
  /** An operation's position where it is called, its complement (`~position`) where it returns. */
  events: Int32Array;
  /** By operation: its slot, or for those that never return its class. */
  places: Int32Array;
  slotCount: number;
  /** By class: the letter, and the operations in the order of their calls. */
  classes: { letter: number; members: number[] }[];
}

export function scheduleOf(history: readonly Operation[], letters: Int32Array): Schedule {
  const events = eventsOf(history);
  const places = new Int32Array(history.length);
  const classes: Schedule['classes'] = [];
  const classOf = new Map<number, number>();
  const free: number[] = [];
  let slotCount = 0;
  for (let at = 0; at < events.length; at++) {
    const event = events[at]!;
    if (event < 0) {
      free.push(places[~event]!);
    } else if (history[event]!.ret !== Infinity) {
      places[event] = free.pop() ?? slotCount++;
    } else {
      const letter = letters[event]!;
      let place = classOf.get(letter);
      if (place === undefined) {
        place = classes.push({ letter, members: [] }) - 1;
        classOf.set(letter, place);
      }
      classes[place]!.members.push(event);
      places[event] = place;
    }
  }
  return { events, places, slotCount, classes };
}

/** Times are ranks (see `rank.ts`): small integers, no two alike, so that they need no sorting. */
function eventsOf(history: readonly Operation[]): Int32Array {
  const byTime = new Int32Array(lastOf(history) + 1).fill(NOTHING);
  for (let at = 0; at < history.length; at++) {
    const { call, ret } = history[at]!;
    byTime[call] = at;
    if (ret !== Infinity) byTime[ret] = ~at;
  }
  let length = 0;
  for (let time = 0; time < byTime.length; time++) {
    if (byTime[time] !== NOTHING) byTime[length++] = byTime[time]!;
  }
  return byTime.subarray(0, length);
}

function lastOf(history: readonly Operation[]): number {
  let last = 0;
  for (let at = 0; at < history.length; at++) {
    const { call, ret } = history[at]!;
    if (call > last) last = call;
    if (ret > last && ret !== Infinity) last = ret;
  }
  return last;
}

const NOTHING = -(2 ** 31);
