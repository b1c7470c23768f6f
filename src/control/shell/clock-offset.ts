import { NS_PER_MS, NS_PER_SECOND, wallClockMs, type Clock } from '../../core/clock.ts';
import type { ClockOffset } from '../remote.ts';
import type { Ran } from './shell.ts';

/** Answers of `date` that are asked for; the quickest one says most. */
const SAMPLES = 5;
/** busybox has no nanoseconds. This ends in the moment in which the node's second changes. */
const UNTIL_THE_SECOND_CHANGES = `
a=$(date +%s); b=$a
while [ "$a" = "$b" ]; do b=$(date +%s); done
echo "$b"`;
/** One turn of that loop, at most, on a machine that is not overloaded. */
const TURN_NS = 10 * NS_PER_MS;
/** What \`Date.now()\` leaves away. */
const MILLISECOND_NS = NS_PER_MS;

/**
 * How far the node's clock is ahead of this machine's, by asking it for the time: what it answers was true at some moment
 * between the question and the answer (Cristian's algorithm, 1989).
 */
export async function clockOffsetOf(
  run: (command: readonly string[]) => Promise<Ran>,
  clock: Clock,
): Promise<ClockOffset> {
  const best = await quickest(run, clock, ['date', '+%s%N']);
  if (/^\d{19}\n$/.test(best.said)) {
    const theirsNs = Number(best.said.slice(0, 13)) * NS_PER_MS + Number(best.said.slice(13, 19));
    return {
      offsetNs: theirsNs - (best.answeredNs - best.tookNs / 2),
      uncertaintyNs: best.tookNs / 2 + MILLISECOND_NS,
    };
  }
  const { tookNs } = await quickest(run, clock, ['true']);
  const changed = await asked(run, clock, ['sh', '-c', UNTIL_THE_SECOND_CHANGES]);
  // It changed within one turn of the loop before the answer set out.
  const windowNs = tookNs + TURN_NS;
  return {
    offsetNs: Number(changed.said) * NS_PER_SECOND - (changed.answeredNs - windowNs / 2),
    uncertaintyNs: windowNs / 2 + MILLISECOND_NS,
  };
}

interface Answer {
  said: string;
  /** By this machine's wall clock. */
  answeredNs: number;
  tookNs: number;
}

async function quickest(
  run: (command: readonly string[]) => Promise<Ran>,
  clock: Clock,
  command: readonly string[],
): Promise<Answer> {
  let best: Answer | null = null;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const answer = await asked(run, clock, command);
    if (best === null || answer.tookNs < best.tookNs) best = answer;
  }
  return best!;
}

async function asked(
  run: (command: readonly string[]) => Promise<Ran>,
  clock: Clock,
  command: readonly string[],
): Promise<Answer> {
  const sentNs = clock.nowNs();
  const { stdout } = await run(command);
  const answeredNs = wallClockMs() * NS_PER_MS;
  return { said: stdout.toString(), answeredNs, tookNs: clock.nowNs() - sentNs };
}
