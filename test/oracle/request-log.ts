import type { ProducedEvent } from '../../src/history/event.ts';

/** What a request log says of one value, by the definitions, trying all pairs of requests. */
export function saidOf(
  events: readonly ProducedEvent[],
  [worker, seq]: readonly [number, number],
): { wasNeverTaken: boolean; wasTakenForAnother: boolean; takenIn: number[] } {
  const bears = ({ values }: ProducedEvent) =>
    (values ?? []).some(([who, which]) => who === worker && which === seq);
  const isTaken = ({ code }: ProducedEvent) => code === 0 || code === 46;
  const own = events.filter((event) => isTaken(event) && bears(event));
  const isAlike = (one: ProducedEvent, other: ProducedEvent) =>
    one.producerId !== undefined &&
    one.offset !== null &&
    (['producerId', 'epoch', 'partition', 'sequence', 'offset'] as const).every(
      (field) => one[field] === other[field],
    );
  return {
    wasNeverTaken: own.length === 0,
    wasTakenForAnother:
      own.length > 0 &&
      own.every((event) =>
        events.some(
          (earlier, index) =>
            index < events.indexOf(event) &&
            isTaken(earlier) &&
            earlier.values !== null &&
            !bears(earlier) &&
            isAlike(event, earlier),
        ),
      ),
    takenIn: [...new Set(own.map(({ partition }) => partition!))].toSorted((a, b) => a - b),
  };
}
