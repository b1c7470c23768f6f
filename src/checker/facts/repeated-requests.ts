import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';

/**
 * Whether Produce requests may have reached a broker twice although the client sent them once: a fault did that. Then a second
 * copy is not the broker's doing, nor is one that follows a refusal. That the fault was not seen to strike proves nothing.
 */
export function mayRepeatProduce(events: readonly Event[]): boolean {
  return eventsOf(events, 'fault-start').some(
    ({ fault }) =>
      fault.kind === 'requests' &&
      fault.do === 'duplicate' &&
      fault.message === 'request' &&
      (fault.api === 'Produce' || fault.api === 'any'),
  );
}
