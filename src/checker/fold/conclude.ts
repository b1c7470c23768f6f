import { capitalised, clause, counted, listed } from '../../core/words.ts';
import type { Contract } from '../../history/run.ts';
import { findingClause } from '../findings/finding-words.ts';
import type { Claim, Counts, Verdict } from '../result.ts';
import { breaksClaim } from '../verdict.ts';
import { figuresOf, type Figures } from './figures.ts';
import type { FoldedFinding, FoldState, SeenIn } from './fold-state.ts';

/** What several segments come to. */
export interface FoldResult extends Figures {
  version: 1;
  run: string | null;
  claim: Claim;
  verdict: Verdict;
  /** Sentences; never empty. */
  reasons: string[];
  contract: Contract | null;
  segments: FoldState['segments'];
  counts: Counts;
  findings: FoldedFinding[];
}

/**
 * The verdict over all segments: invalid if one of them is, else inconclusive if one of them is or could not be judged,
 * else valid.
 * @param options.word what people call a segment; if absent, a segment.
 * @param options.doubts what else leaves it open, in sentences; none if absent.
 */
export function conclude(
  state: FoldState,
  { word = 'segment', doubts = [] }: { word?: string; doubts?: readonly string[] } = {},
): FoldResult {
  const { version, run, claim, contract, segments, counts, findings } = state;
  const judged = segments.valid + segments.invalid + segments.inconclusive;
  const isOpen = segments.inconclusive + segments.untested + doubts.length > 0 || judged === 0;
  const verdict: Verdict = segments.invalid > 0 ? 'invalid' : isOpen ? 'inconclusive' : 'valid';
  const isBroken = (group: FoldedFinding) => breaksClaim(group, claim, contract?.clientRetries === true);
  const reasons = [
    ...reasonsOf(findings.filter(isBroken), counts, word),
    ...state.doubts.map(({ because, seenIn }) =>
      because === null
        ? `Other things are open, ${places(seenIn, word)}.`
        : `${capitalised(clause(because))} (${places(seenIn, word)}).`,
    ),
    ...doubts,
    ...(judged === 0 ? [`No ${word} was judged, so nothing was tested.`] : []),
    ...reasonsOf(
      findings.filter((group) => !isBroken(group)),
      counts,
      word,
    ),
  ];
  if (verdict === 'valid') reasons.unshift(keptReason(counts));
  if (reasons.length === 0)
    reasons.push(`${capitalised(counted(segments.inconclusive, word))} could not be decided.`);
  return {
    version,
    run,
    claim,
    verdict,
    reasons,
    contract,
    segments,
    counts,
    ...figuresOf(state),
    findings,
  };
}

/** `in 3 segments: 1, 4 and 7`. */
function places({ segments, first }: SeenIn, word: string): string {
  const more = segments > first.length ? ' …' : '';
  return `in ${counted(segments, word)}: ${listed(first)}${more}`;
}

function reasonsOf(groups: readonly FoldedFinding[], counts: Counts, word: string): string[] {
  return groups.map(
    ({ kind, count, judgement, reason, seenIn }) =>
      `${capitalised(findingClause(kind, count, counts.ok))}, ${places(seenIn, word)}; ` +
      `${judgement}: ${reason === null ? 'for many other reasons' : clause(reason)}.`,
  );
}

function keptReason(counts: Counts): string {
  const { sent, lost, 'lost-after-read': gone, 'sent-missing': missing } = counts;
  // What no scan covered was not looked for.
  const ok = counts.ok - counts.unread;
  if (ok === 0)
    return `Nothing was acknowledged; ${counted(sent - missing, 'record')} of those that were sent are there.`;
  return lost + gone > 0
    ? `Of ${counted(ok, 'acknowledged record')} nothing is missing but what is permitted to be.`
    : ok === 1
      ? 'The only acknowledged record is there.'
      : `Every one of ${counted(ok, 'acknowledged record')} is there.`;
}
