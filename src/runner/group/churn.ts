import type { Random } from '../../core/random.ts';
import type { ChurnKind, GroupScenario } from '../../scenario/group-schema.ts';

/** What is done to a member. */
export interface ChurnStep {
  /** Since the step before. */
  afterMs: number;
  kind: ChurnKind;
  /** Which of the members, from 0 on. */
  member: number;
  /** After so long another one joins in its place. Of a pause: for so long its process is stopped. */
  forMs: number;
}

/** By so much a pause outlasts the session, and a fixed time more: the coordinator looks for such members now and then. */
const PAUSE_FACTOR = 1.5;
const PAUSE_MORE_MS = 1_000;

/** The steps that the seed says, one after the other, without end; none where the members are left alone. */
export function* churnSteps(
  { churn, members, sessionTimeoutMs }: Pick<GroupScenario, 'churn' | 'members' | 'sessionTimeoutMs'>,
  random: Random,
): Generator<ChurnStep> {
  if (churn === null) return;
  const { mix, meanIntervalMs, meanAwayMs } = churn;
  // Each kind once before any comes again, so that a short run has them all.
  for (let round: ChurnKind[] = []; ;) {
    if (round.length === 0) round = random.shuffle(mix);
    const kind = round.pop()!;
    const afterMs = Math.round(random.exponential(meanIntervalMs));
    const member = random.int(members);
    const awayMs = Math.round(random.exponential(meanAwayMs));
    const pauseMs = Math.round(sessionTimeoutMs * PAUSE_FACTOR) + PAUSE_MORE_MS;
    yield { afterMs, kind, member, forMs: kind === 'pause' ? pauseMs : awayMs };
  }
}
