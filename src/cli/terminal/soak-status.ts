import { NS_PER_MS, NS_PER_SECOND, realClock } from '../../core/clock.ts';
import { grouped, seconds } from '../../core/words.ts';
import type { PeriodPlan } from '../../run/soak/period-plan.ts';
import type { Plan } from '../../run/plan.ts';
import type { SoakReporter } from '../../run/soak/soak-reporter.ts';
import { describeFault } from '../../history/fault-words.ts';
import { periodText } from '../../report/soak/soak-text.ts';
import { statusLine, type Screen } from './status-line.ts';

/** Away from a terminal a line a minute shows that it is alive. */
const HEARTBEAT_NS = 60 * NS_PER_SECOND;

/** A line for each period that is over, and on a terminal one below them that changes. */
export function soakReporter(stream: Screen, { soak }: Pick<Plan, 'soak'>): SoakReporter {
  const status = statusLine(stream);
  const clock = realClock();
  let beatNs = 0;
  const total = soak?.durationMs ?? null;
  return {
    say: (text) => status.line(text.trimEnd()),
    progress(period, progress) {
      const nowNs = clock.nowNs();
      if (stream.isTTY) {
        if (!status.isDue(nowNs)) return;
      } else {
        if (nowNs - beatNs < HEARTBEAT_NS) return;
        beatNs = nowNs;
      }
      const faults = progress.faults.map(({ fault }) => describeFault(fault)).join(' + ');
      const of = total === null ? '' : ` of ${seconds(total * NS_PER_MS)}`;
      status.draw(
        [
          `period ${period.period}, ${seconds(nowNs)}${of}`,
          progress.phase,
          `${grouped(progress.ok + progress.sent)} acked`,
          faults || wordsOf(period),
        ].join(' · '),
      );
    },
    event() {},
    period: (line) => status.line(periodText(line)),
    end: () => status.end(),
  };
}

const wordsOf = ({ kinds, load }: PeriodPlan): string => (kinds.length === 0 ? `quiet, ${load}` : load);
