import type { Event } from '../../../src/history/event.ts';
import type { Write } from '../../../src/history/write.ts';

/** What a load tells, in the order in which it tells it, and a signal that ends it. */
export function collected() {
  const writes: Write[] = [];
  const events: Event[] = [];
  const stop = new AbortController();
  const sinks = {
    write: (write: Write) => writes.push(write),
    event: (event: Event) => events.push(event),
    stop: stop.signal,
  };
  return { writes, events, stop, sinks };
}
