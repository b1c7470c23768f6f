import type { Finding, Result, Verdict } from '../result.ts';
import { addFigures, sumOf } from './figures.ts';
import type { FoldedDoubt, FoldedFinding, FoldState, Place, SeenIn } from './fold-state.ts';

/** So many findings that differ only in their reasons are told one by one, and so many doubts. */
const REASONS_MAX = 12;
const DOUBTS_MAX = 40;
/** Of what is the same, so much is told. */
const FIRST_MAX = 10;
const PLACES_MAX = 5;
const EXAMPLES_MAX = 3;
const FAULTS_MAX = 10;

/**
 * Adds to a state what a segment came to; neither is changed. The order of segments makes no difference, except for
 * which reasons are told one by one where there are very many.
 * @param segment.number by which people know it.
 */
export function mergeResult(state: FoldState, segment: { number: number; result: Result }): FoldState {
  const { number, result } = segment;
  const { verdict } = result;
  // A result that was written before doubts stood by themselves.
  const doubts = result.doubts ?? (verdict === 'inconclusive' ? result.reasons : []);
  let findings = state.findings;
  for (const group of groupsOf(number, result.findings)) findings = withFinding(findings, group);
  return withDoubts(
    {
      ...state,
      run: state.run ?? result.run,
      contract: state.contract ?? result.contract,
      segments: countedUp(state.segments, verdict),
      counts: sumOf(state.counts, result.counts),
      ...addFigures(state, result),
      findings: findings.toSorted(inOrder),
    },
    number,
    doubts,
  );
}

/**
 * Adds a segment that was cut short: what it proves counts, and what it leaves open does not, for it is carried out again.
 */
export function mergeCutShort(state: FoldState, segment: { number: number; result: Result }): FoldState {
  const { doubts, segments } = state;
  const { verdict } = segment.result;
  const added = mergeResult(state, segment);
  return { ...added, doubts, segments: verdict === 'invalid' ? countedUp(segments, 'invalid') : segments };
}

/** Adds a segment of which nothing is known but why. */
export function mergeUntested(
  state: FoldState,
  { number, because }: { number: number; because: string },
): FoldState {
  return withDoubts({ ...state, segments: countedUp(state.segments, 'untested') }, number, [because]);
}

function countedUp(segments: FoldState['segments'], which: Verdict | 'untested'): FoldState['segments'] {
  return { ...segments, [which]: segments[which] + 1 };
}

/** Numbers in a reason (epochs, moments, nodes) differ from one segment to the next, and make no other reason of it. */
const wordsOf = (text: string): string => text.replaceAll(/\d+(?:[.,]\d+)*/g, '#');

/** What a segment found, as a group for each kind and reason. */
function groupsOf(number: number, findings: readonly Finding[]): FoldedFinding[] {
  const groups = new Map<string, FoldedFinding>();
  for (const finding of findings) {
    const { kind, loss, judgement, blame, reason, count } = finding;
    const own: FoldedFinding = {
      kind,
      ...(loss !== undefined && { loss }),
      judgement,
      blame,
      reason,
      count,
      seenIn: { segments: 1, first: [number] },
      places: [placeOf(number, finding)],
    };
    const known = groups.get(keyOf(own));
    groups.set(keyOf(own), known === undefined ? own : together(known, own));
  }
  return [...groups.values()];
}

function placeOf(segment: number, finding: Finding): Place {
  const { partition, count, values, offsets, timeNs, leader, faults, scans, reader, endedBy } = finding;
  return {
    segment,
    partition,
    count,
    values,
    ...(offsets && { offsets }),
    ...(timeNs && { timeNs }),
    ...(leader && { leader }),
    ...(faults && { faults: faults.slice(0, FAULTS_MAX) }),
    ...(scans !== undefined && { scans }),
    ...(reader !== undefined && { reader }),
    ...(endedBy !== undefined && { endedBy }),
    examples: finding.examples.slice(0, EXAMPLES_MAX),
  };
}

const kindOf = ({ kind, loss, judgement, blame }: FoldedFinding) =>
  `${kind}/${loss ?? ''}/${judgement}/${blame}`;
const keyOf = (group: FoldedFinding) =>
  `${kindOf(group)}/${group.reason === null ? '' : wordsOf(group.reason)}`;

function withFinding(groups: readonly FoldedFinding[], added: FoldedFinding): FoldedFinding[] {
  const key = keyOf(added);
  const known = groups.find((group) => keyOf(group) === key);
  const others = groups.filter((group) => group !== known);
  const all = [...others, known === undefined ? added : together(known, added)];
  const alike = all
    .filter((group) => group.reason !== null && kindOf(group) === kindOf(added))
    .toSorted(byFirst((group) => group.reason));
  if (alike.length <= REASONS_MAX) return all;
  const last = alike.at(-1)!;
  return withFinding(
    all.filter((group) => group !== last),
    { ...last, reason: null },
  );
}

function together(one: FoldedFinding, other: FoldedFinding): FoldedFinding {
  return {
    ...one,
    reason: earlier([one.reason, one.seenIn], [other.reason, other.seenIn]),
    count: one.count + other.count,
    seenIn: both(one.seenIn, other.seenIn),
    places: [...one.places, ...other.places].toSorted((a, b) => a.segment - b.segment).slice(0, PLACES_MAX),
  };
}

/** A segment that is known by its number is not counted twice. */
function both(one: SeenIn, other: SeenIn): SeenIn {
  const shared = one.first.filter((number) => other.first.includes(number)).length;
  return {
    segments: one.segments + other.segments - shared,
    first: [...new Set([...one.first, ...other.first])].toSorted((a, b) => a - b).slice(0, FIRST_MAX),
  };
}

/** Of two texts that differ only in numbers, the one of the earlier segment. */
function earlier(
  [one, oneIn]: readonly [string | null, SeenIn],
  [other, otherIn]: readonly [string | null, SeenIn],
): string | null {
  if (one === null || other === null) return null;
  const difference = oneIn.first[0]! - otherIn.first[0]!;
  return difference < 0 || (difference === 0 && one <= other) ? one : other;
}

function withDoubts(state: FoldState, number: number, texts: readonly string[]): FoldState {
  let doubts = state.doubts;
  for (const because of texts) {
    doubts = withDoubt(doubts, { because, seenIn: { segments: 1, first: [number] } });
  }
  return { ...state, doubts: doubts.toSorted(byFirst(({ because }) => because)) };
}

function withDoubt(doubts: readonly FoldedDoubt[], added: FoldedDoubt): FoldedDoubt[] {
  const wordsIn = ({ because }: FoldedDoubt) => (because === null ? null : wordsOf(because));
  const known = doubts.find((doubt) => wordsIn(doubt) === wordsIn(added));
  const others = doubts.filter((doubt) => doubt !== known);
  const all: FoldedDoubt[] = [
    ...others,
    known === undefined
      ? added
      : {
          because: earlier([known.because, known.seenIn], [added.because, added.seenIn]),
          seenIn: both(known.seenIn, added.seenIn),
        },
  ];
  const told = all.filter(({ because }) => because !== null).toSorted(byFirst(({ because }) => because));
  if (told.length <= DOUBTS_MAX) return all;
  const last = told.at(-1)!;
  return withDoubt(
    all.filter((doubt) => doubt !== last),
    { ...last, because: null },
  );
}

/** By the first segment, then by words; what has no words of its own comes last. */
function byFirst<T extends { seenIn: SeenIn }>(textOf: (item: T) => string | null) {
  return (a: T, b: T): number => {
    const [one, other] = [textOf(a), textOf(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return a.seenIn.first[0]! - b.seenIn.first[0]! || compare(wordsOf(one), wordsOf(other));
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Violations first, then by kind, then by reason. */
function inOrder(a: FoldedFinding, b: FoldedFinding): number {
  return (
    Number(a.judgement === 'permitted') - Number(b.judgement === 'permitted') ||
    compare(kindOf(a), kindOf(b)) ||
    byFirst<FoldedFinding>(({ reason }) => reason)(a, b)
  );
}
