import { countBelow } from '../../core/sorted.ts';
import type { Contract } from '../../history/run.ts';
import type { Cause, Group } from '../findings/grouping.ts';
import {
  judgeDisplacement,
  judgeDivergence,
  judgeLoss,
  judgeMisplaced,
  judgeReordered,
  judgeUnsettledDivergence,
} from '../findings/judgement.ts';
import { type CommittedCase, excuseOf, excuseOfAcknowledged, judgeCommitted } from '../findings/committed.ts';
import { judgeProducerOrder } from '../findings/producer-order.ts';
import type { FaultIndex } from './fault-index.ts';
import type { Leadership, Term } from './leadership.ts';
import { syncsEachRecord, type PowerLosses } from './power.ts';
import type { ByHand } from './by-hand.ts';
import type { Unwatched } from './unwatched.ts';

/**
 * Where lost records went: which leader acknowledged them, who took over, and so what Kafka's contract says of it.
 * The same facts give the same object, so that neighbours can be recognised by it.
 */
export class LossCauses {
  readonly leadership: Leadership;
  readonly #contract: Contract;
  readonly #faults: FaultIndex;
  readonly power: PowerLosses;
  readonly #eventsIncomplete: boolean;
  readonly #unwatched: Unwatched;
  readonly #byHand: readonly ByHand[];
  /** By the moment that `#momentOf` gives, and then by what else matters. */
  readonly #causes: Map<number, Cause>[] = [];
  /** Ascending: before and after each of them power, or what was not watched, may explain different losses. */
  readonly #turnsNs: readonly number[];
  readonly #givenCauses = new Map<number, Cause>();
  #divergentReads: Cause | null = null;
  #producerOrder: Cause | null = null;
  readonly #derived = new Map<Cause, Derived>();

  /** @param eventsIncomplete whether what excuses a loss may be among events that are missing. */
  constructor(
    leadership: Leadership,
    contract: Contract,
    faults: FaultIndex,
    power: PowerLosses,
    eventsIncomplete: boolean,
    unwatched: Unwatched,
    byHand: readonly ByHand[] = [],
  ) {
    this.#byHand = byHand;
    this.#unwatched = unwatched;
    this.#eventsIncomplete = eventsIncomplete;
    this.leadership = leadership;
    this.#contract = contract;
    this.#faults = faults;
    this.power = power;
    this.#turnsNs = [
      ...power.losses.map(({ toNs }) => toNs),
      ...leadership.returns.map(({ untilNs }) => untilNs),
      ...(Number.isFinite(unwatched.untilNs) ? [unwatched.untilNs] : []),
      ...byHand.map(({ toNs }) => toNs).filter(Number.isFinite),
    ].toSorted((a, b) => a - b);
  }

  /**
   * The cause of the loss of a record that a reader had been given: see committed.ts.
   * @param broker the one that acknowledged it; null if none did. -1 if it is not known.
   * @param timeNs when it was acknowledged, else when it was given.
   */
  givenCauseOf(broker: number | null, timeNs: number, offset: number): Cause {
    const { leadership } = this;
    const term = leadership.termAt(broker ?? -1, timeNs);
    const successor = term === null ? null : leadership.successorOf(term, offset);
    const key =
      2 * (((term?.index ?? -1) + 1) * TERMS_MAX + (successor?.index ?? -1) + 1) + Number(broker === null);
    let cause = this.#givenCauses.get(key);
    if (cause === undefined) {
      const unacknowledged = broker === null;
      cause = {
        ...judgeCommitted(this.#committedCase(), null),
        term,
        successor,
        ...(unacknowledged && { unacknowledged }),
      };
      this.#givenCauses.set(key, cause);
    }
    return cause;
  }

  /** Of an offset at which readers were given different records. */
  get divergentReads(): Cause {
    this.#divergentReads ??= judgeCommitted(
      this.#committedCase(),
      'readers were given different records at one offset',
    );
    return this.#divergentReads;
  }

  /** Of a record that stands behind one that its producer sent later. */
  get producerOrder(): Cause {
    this.#producerOrder ??= judgeProducerOrder(this.#committedCase());
    return this.#producerOrder;
  }

  /**
   * Of a log that contradicts real time.
   * @param isSentAgain whether the record that was known too early may have been appended again. Then it was perhaps
   *   known of a log that was cut off since, and came to the same offset for the second time.
   * @param isAcknowledged whether it was known by its acknowledgement alone.
   */
  reordered(isSentAgain: boolean, isAcknowledged: boolean): Cause {
    const power = this.powerExcuse(0);
    if (power !== null || !isSentAgain) return { ruling: judgeReordered(power) };
    const committed = this.#committedCase();
    const excuse = isAcknowledged ? excuseOfAcknowledged(committed) : excuseOf(committed);
    if (excuse === null) return { ruling: judgeReordered(null) };
    const { reason, dependsOn } = excuse;
    const ruling = judgeReordered(`it may have been cut off and appended again: ${reason}`);
    return { ruling, ...(dependsOn && { dependsOn }) };
  }

  #committedCase(): CommittedCase {
    return {
      contract: this.#contract,
      leaderChanges: this.leadership.changesUnder(this.#contract),
      powerExcuse: this.power.excuse(this.#contract, this.leadership, { sinceNs: 0, committed: true }),
      diskExcuse: this.#faults.diskExcuse,
      eventsIncomplete: this.#eventsIncomplete,
    };
  }

  /** @param write its broker is -1 if it is not known, its offset -1 if the acknowledgement did not tell it. */
  causeOf(
    write: { broker: number; invokeNs: number; completeNs: number; offset: number },
    { clientFault, outlived }: { clientFault: ClientFault | null; outlived: boolean },
  ): Cause {
    const { leadership } = this;
    const { broker, invokeNs, completeNs, offset } = write;
    const term = leadership.termAt(broker, completeNs);
    const successor = term === null ? null : leadership.successorOf(term, offset);
    const fault = clientFault === null ? 0 : 1 + CLIENT_FAULT_NAMES.indexOf(clientFault);
    const key =
      (((term?.index ?? -1) + 1) * TERMS_MAX + (successor?.index ?? -1) + 1) * 32 +
      fault * 4 +
      Number(outlived) * 2 +
      Number(offset < 0);
    const known = (this.#causes[this.#momentOf(invokeNs)] ??= new Map());
    let cause = known.get(key);
    if (cause === undefined) {
      const { ruling, dependsOn } = judgeLoss({
        contract: this.#contract,
        clientFault: clientFault === null ? null : CLIENT_FAULTS[clientFault],
        watched: leadership.isToldSince(invokeNs),
        eventsIncomplete: this.#eventsIncomplete,
        sampled: leadership.isSampled,
        term,
        successor,
        replaced: term !== null && leadership.wasReplaced(term),
        electedAgain: term !== null && leadership.wasElectedAgain(term),
        outlived,
        leaderUnpowered:
          term !== null && this.power.struck(term.node, invokeNs) && !syncsEachRecord(this.#contract),
        powerExcuse: this.powerExcuse(invokeNs, term),
        mayHaveReturnedUnnoticed: this.power.mayHaveReturnedUnnoticed(this.#contract, invokeNs),
        unseenUnderPowerLoss:
          this.#unwatched.since(invokeNs) && this.power.mayHaveTaken(this.#contract, invokeNs),
        leaderStruck: term !== null && this.#isStruck(term),
        byHand: this.#byHand.find(({ toNs }) => toNs >= invokeNs)?.text ?? null,
      });
      // Without an offset in the answer the client did not really get an acknowledgement from a broker.
      cause = {
        ruling: offset < 0 ? { ...ruling, blame: 'client' } : ruling,
        term,
        successor,
        ...(dependsOn && { dependsOn }),
      };
      known.set(key, cause);
    }
    return cause;
  }

  divergenceOf(loss: Cause): Cause {
    return this.#derivedFrom(loss).divergence;
  }

  /** Where no scan says which of two records it is that is gone. */
  unsettledOf(loss: Cause): Cause {
    return this.#derivedFrom(loss).unsettled;
  }

  /** @param sentAgain whether several attempts of the record may have been stored. */
  misplacedOf(loss: Cause, sentAgain: boolean): Cause {
    return this.#derivedFrom(loss)[sentAgain ? 'copyMisplaced' : 'misplaced'];
  }

  /** Of an offset that holds another record than was acknowledged there, and both are in the log. */
  displacementOf(loss: Cause, sentAgain: boolean): Cause {
    return this.#derivedFrom(loss)[sentAgain ? 'copyDisplaced' : 'displaced'];
  }

  #derivedFrom(loss: Cause) {
    let derived = this.#derived.get(loss);
    if (derived === undefined) {
      const hasChanged = this.leadership.changesUnder(this.#contract) === 'some';
      const misplaced = judgeMisplaced(loss.ruling, false);
      const copyMisplaced = judgeMisplaced(loss.ruling, true);
      derived = {
        divergence: { ...loss, ruling: judgeDivergence(loss.ruling) },
        unsettled: {
          ...loss,
          ruling: judgeUnsettledDivergence(this.#contract, loss.ruling, hasChanged),
        },
        misplaced: { ...loss, ruling: misplaced },
        copyMisplaced: { ...loss, ruling: copyMisplaced },
        displaced: { ...loss, ruling: judgeDisplacement(misplaced) },
        copyDisplaced: { ...loss, ruling: judgeDisplacement(copyMisplaced) },
      };
      this.#derived.set(loss, derived);
    }
    return derived;
  }

  /** Why loss of power may have taken what was begun to be written at `sinceNs`; null when it may not. */
  powerExcuse(sinceNs: number, term: Term | null = null): string | null {
    return this.power.excuse(this.#contract, this.leadership, { sinceNs, term });
  }

  /** How many of the turns have passed. */
  #momentOf(timeNs: number): number {
    return countBelow(this.#turnsNs, timeNs);
  }

  #isStruck({ node, fromNs }: Term): boolean {
    return this.#faults.lastNs(node) >= fromNs;
  }
}

/** What is judged as the loss of the record is. */
type Derived = Record<
  'divergence' | 'unsettled' | 'misplaced' | 'copyMisplaced' | 'displaced' | 'copyDisplaced',
  Cause
>;

/** Far more than the changes of leader in any run. */
const TERMS_MAX = 1 << 20;

/** Evidence that the client library reported a success that no broker gave it for this record. */
export type ClientFault = keyof typeof CLIENT_FAULTS;

const CLIENT_FAULTS = {
  'never-sent':
    'the client library reported a success, and no request with this record ever reached a socket',
  'never-taken':
    'the client library reported a success, and no broker had answered any request with this record without an error',
  'taken-for-another':
    'requests with different records bore one sequence number of one producer, so the client library reused it, and the broker took this record for a repetition of the other one',
  'shared-ack':
    'two records of one producer were acknowledged at one offset by one leader, so the client library took the answer for one as the answer for the other, or gave both one sequence number',
  deduplicated:
    'the offset holds another record of the same idempotent producer, a second copy or one that it had no answer for: the client library reused its sequence number, and the broker took this record for a repetition',
} as const;
/** In the order of their codes; there is room for seven. */
const CLIENT_FAULT_NAMES = Object.keys(CLIENT_FAULTS) as ClientFault[];

/** Ids of the faults in force at any time while the group's records were acknowledged. */
export function faultsDuring(group: Group, faults: FaultIndex): string[] {
  return faults.during(group.firstNs, group.lastNs).map(({ id }) => id);
}
