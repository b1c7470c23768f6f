import { NS_PER_SECOND } from '../../core/clock.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import { TimeGrid } from './grid.ts';

/** Finer than this, an ordinary latency would count as an outage. A longer run than nine minutes has wider slots. */
const SLOT_NS = NS_PER_SECOND / 8;
const OK = OUTCOMES.indexOf('ok');
const SENT = OUTCOMES.indexOf('sent');

/**
 * For how long the cluster was unavailable for writing: the eighths of a second at whose beginning at least one write was
 * under way and in which none was acknowledged. A pause of the load is no outage, since nothing waits for an answer then.
 * With acks=0, a write counts as acknowledged when it was sent. Constant memory for a history of any length.
 */
export function outageMeter(): {
  visit(batch: WriteBatch): void;
  /** The time without service between two moments, in ns. */
  unavailableNs: (fromNs: number, toNs: number) => number;
} {
  const grid = new TimeGrid();
  grid.widenTo(SLOT_NS);
  const due = grid.column('sum');
  const ended = grid.column('sum');
  const acked = grid.column('sum');
  let slots: boolean[] | null = null;

  return {
    visit({ length, outcome, intendedNs, completeNs }) {
      slots = null;
      for (let row = 0; row < length; row++) {
        const endNs = int64At(completeNs, row);
        // Of what never came to an end it is not known how long anybody waited for it.
        if (endNs < 0) continue;
        const code = outcome[row]!;
        due[grid.bucketOf(int64At(intendedNs, row))]!++;
        const place = grid.bucketOf(endNs);
        ended[place]!++;
        if (code === OK || code === SENT) acked[place]!++;
      }
    },
    unavailableNs(fromNs, toNs) {
      slots ??= outages(due, ended, acked);
      const width = grid.widthNs;
      let total = 0;
      const last = Math.min(slots.length - 1, Math.floor(toNs / width));
      for (let slot = Math.max(0, Math.floor(fromNs / width)); slot <= last; slot++)
        if (slots[slot]) total += Math.min(toNs, (slot + 1) * width) - Math.max(fromNs, slot * width);
      return total;
    },
  };
}

/** Of each slot, whether something was under way at its beginning and nothing was acknowledged in it. */
function outages(due: Float64Array, ended: Float64Array, acked: Float64Array): boolean[] {
  let underWay = 0;
  return Array.from(due, (count, slot) => {
    const isOut = underWay > 0 && acked[slot] === 0;
    underWay += count - ended[slot]!;
    return isOut;
  });
}
