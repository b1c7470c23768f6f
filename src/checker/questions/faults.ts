import { clause, counted, grouped } from '../../core/words.ts';
import { NS_PER_SECOND } from '../../core/clock.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { LeftOutFaults } from '../../history/run.ts';
import type { Examination } from '../examination.ts';

/**
 * Whether enough of the planned faults took effect. A few that did not, or were not seen to, are a remark; where
 * more than a quarter is in doubt the run tested too little of what it says that it tests, and proves less than it
 * seems to. Faults that were left out on purpose, to keep enough brokers up, do not count.
 *
 * How faults ended is never in doubt here: a cluster that settled, with all replicas in sync, proves that everything was
 * healed, and without one there is no final scan.
 */
export const EFFECTIVE_SHARE_MIN = 0.75;
/** So many faults are told one by one. */
const TOLD_MAX = 3;
/** A strike that began so much later than planned is told. */
const LATE_NS = NS_PER_SECOND;

export function doubtsAboutFaults(examination: Examination): string[] {
  const { faults, testedUnderFault, counts, run } = examination;
  const applied = faults.length + (run.leftOut?.faults?.struck ?? 0);
  const weighed = weigh(examination);
  const doubts = weighed.isEnough ? [] : weighed.sentences;
  if (applied > 0 && !testedUnderFault && counts.attempted > 0 && !isPartOfSoak(examination)) {
    doubts.push('No write was attempted while a fault was in force, so the faults tested nothing.');
  }
  return doubts;
}

/** What a reader of the verdict should know of the faults although it does not decide it. */
export function remarksOnFaults(examination: Examination): string[] {
  const { events } = examination.run;
  const weighed = weigh(examination);
  const remarks = weighed.isEnough ? [...weighed.sentences] : [];
  const starts = eventsOf(events, 'fault-start');
  const stops = eventsOf(events, 'fault-stop');
  const started = new Set(starts.map(({ id }) => id));
  const stopped = new Set(stops.map(({ id }) => id));
  remarks.push(
    ...first(
      starts
        .filter(({ missed = [] }) => missed.length > 0)
        .map(
          ({ id, targets, missed }) =>
            `The fault ${id} struck ${targets.join(', ')}, but not ${missed!.join(', ')}.`,
        ),
    ),
    ...first(
      eventsOf(events, 'fault-failed').flatMap((event) =>
        started.has(event.id)
          ? [
              `The fault ${event.id} ${stopped.has(event.id) ? 'was healed late' : 'was not healed'}: ${clause(event.reason)}.`,
            ]
          : [],
      ),
    ),
  );
  const unseenHeals = stops.filter(({ verified }) => verified === false).length;
  if (unseenHeals > 0)
    remarks.push(
      `The end of ${counted(unseenHeals, 'fault')} was not seen; that the cluster settled proves it.`,
    );
  const lateNs = starts
    .map(({ beganNs, requestedNs }) => (beganNs ?? requestedNs) - requestedNs)
    .filter((ns) => ns > LATE_NS);
  if (lateNs.length > 0) {
    const most = (Math.max(...lateNs) / NS_PER_SECOND).toFixed(1);
    remarks.push(`${counted(lateNs.length, 'fault')} began later than planned, by up to ${most} s.`);
  }
  const skipped = eventsOf(events, 'fault-skipped');
  if (skipped.length > 0)
    remarks.push(
      `${counted(skipped.length, 'planned fault')} left out; the first: ${clause(skipped[0]!.reason)}.`,
    );
  return remarks;
}

const NO_FAULTS: LeftOutFaults = { struck: 0, unverified: 0, failed: 0, skipped: 0, tested: false };

interface Weighed {
  isEnough: boolean;
  /** What did not take effect, or is not known to have. */
  sentences: string[];
}

function weigh({ run, faults }: Examination): Weighed {
  const starts = eventsOf(run.events, 'fault-start');
  const started = new Set(starts.map(({ id }) => id));
  const failed = eventsOf(run.events, 'fault-failed').filter(({ id }) => !started.has(id));
  const unverified = starts.filter(({ verified }) => verified === false);
  const over = run.leftOut?.faults ?? NO_FAULTS;
  const skipped = eventsOf(run.events, 'fault-skipped').length + over.skipped;
  const applied = faults.length + over.struck;
  const planned = plannedFaults(run.info.scenario, applied + skipped);
  const wanted = Math.max(planned - skipped, applied + failed.length + over.failed);
  const effective = applied - unverified.length - over.unverified;
  const sentences = first([
    ...failed.map(({ id, reason }) => `The fault ${id} could not be applied or healed: ${clause(reason)}.`),
    ...unverified.map(
      ({ id }) =>
        `The fault ${id} was not verified: it was not seen to take effect, so it may have tested nothing.`,
    ),
  ]);
  if (failed.length + over.failed === 0 && applied + skipped < planned) {
    sentences.push(
      `${counted(planned, 'fault')} ${planned === 1 ? 'was' : 'were'} planned and ${applied === 0 ? 'none' : `only ${grouped(applied)}`} applied.`,
    );
  }
  const isEnough = isPartOfSoak({ run }) || effective >= EFFECTIVE_SHARE_MIN * wanted;
  // Where all of them are left out there is nothing else to say it.
  const isUntold = !isEnough && sentences.length === 0;
  if (isUntold || (sentences.length > 0 && wanted > 1)) {
    const least = isEnough ? '' : `; at least ${grouped(Math.ceil(EFFECTIVE_SHARE_MIN * wanted))} must have`;
    sentences.push(
      `${grouped(effective)} of ${counted(wanted, 'planned fault')} ${effective === 1 ? 'is' : 'are'} known to have taken effect${least}.`,
    );
  }
  return { isEnough, sentences };
}

/** Of a soak all periods together have to test enough (see `soakReport`), and not each of them. */
function isPartOfSoak({ run }: Pick<Examination, 'run'>): boolean {
  return run.info.scenario['partOfSoak'] === true;
}

/** How many faults the scenario wanted; where it does not say how many, at least one if it wanted any. */
function plannedFaults(scenario: Record<string, unknown>, applied: number): number {
  const { faultsPlanned, nemesis } = scenario;
  if (typeof faultsPlanned === 'number') return faultsPlanned;
  if (typeof nemesis !== 'object' || nemesis === null) return 0;
  if ('script' in nemesis && Array.isArray(nemesis.script)) return nemesis.script.length;
  return 'random' in nemesis ? Math.max(1, applied) : 0;
}

/** The first few, and how many others there are. */
function first(sentences: readonly string[]): string[] {
  if (sentences.length <= TOLD_MAX) return [...sentences];
  return [...sentences.slice(0, TOLD_MAX), `The same goes for ${grouped(sentences.length - TOLD_MAX)} more.`];
}
