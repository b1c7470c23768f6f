import { keyOf } from '../core/link.ts';
import type { Count, Impaired, Impairing, Impairment } from '../control/impairing/impairing.ts';
import type { Random } from '../core/random.ts';
import type { Link } from '../history/fault.ts';

/**
 * Links that lose or delay packets, in the model. TCP sends a lost packet again, each time after twice as long, so what the
 * two ends see of a loss is a message that arrives late, and all behind it with it.
 */
const FIRST_RETRANSMISSION_NS = 200e6;
/** A connection that repeats a packet so often is given up by those who wait for it long before. */
const REPETITIONS_MAX = 8;

/** By how much a message between these two places is late, in nanoseconds. */
export type Lateness = (from: number, to: number) => number;

/**
 * @param inForce filled and emptied here.
 * @param random of its own: nothing is drawn from it while no link is impaired.
 */
export function modelledImpairing(
  inForce: Lateness[],
  placeOf: (name: string) => number,
  random: Random,
): Impairing {
  function latenessOf(impairment: Impairment, links: readonly Link[], counts: Map<string, Count>): Lateness {
    const counters = new Map(
      links.map((link) => {
        const count = { seen: 0, dropped: 0 };
        counts.set(keyOf(link), count);
        return [`${placeOf(link.from)}>${placeOf(link.to)}`, count];
      }),
    );
    return (from, to) => {
      const count = counters.get(`${from}>${to}`);
      if (count === undefined) return 0;
      count.seen++;
      if (impairment.kind === 'delay') {
        const jitterMs = impairment.jitterMs * (2 * random.float() - 1);
        return Math.max(0, Math.round((impairment.delayMs + jitterMs) * 1e6));
      }
      let delayNs = 0;
      let waitNs = FIRST_RETRANSMISSION_NS;
      for (let repetition = 0; repetition < REPETITIONS_MAX; repetition++) {
        if (random.float() * 100 >= impairment.percent) break;
        count.dropped++;
        delayNs += waitNs;
        waitNs *= 2;
      }
      return delayNs;
    };
  }

  return {
    can: async () => ({ answer: 'yes' }),
    async impair(impairment, links): Promise<Impaired> {
      const counts = new Map<string, Count>();
      const lateness = latenessOf(impairment, links, counts);
      inForce.push(lateness);
      return {
        counts: async () => counts,
        async lift() {
          const at = inForce.indexOf(lateness);
          if (at >= 0) inForce.splice(at, 1);
        },
      };
    },
    async liftAll() {
      inForce.length = 0;
    },
  };
}
