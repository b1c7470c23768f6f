import { NS_PER_SECOND, realClock } from '../../core/clock.ts';
import type { Event } from '../../history/event.ts';
import type { Plan } from '../../run/plan.ts';
import { ledgerLines } from '../../run/soak/ledger.ts';
import { memoryBytes } from '../../run/soak/memory.ts';
import type { SoakReporter } from '../../run/soak/soak-reporter.ts';
import { bytesIn } from '../../run/soak/store-room.ts';
import { periodText } from '../../report/soak/soak-text.ts';
import { SoakStanding, type Measured } from './soak-standing.ts';
import { statusBlock } from './status-block.ts';
import type { Screen } from './status-line.ts';

/** Away from a terminal a line a minute shows that it is alive. */
const HEARTBEAT_NS = 60 * NS_PER_SECOND;
const REDRAW_NS = 0.5 * NS_PER_SECOND;
/** To look at the disk takes a while where much is kept. */
const MEASURE_NS = 10 * NS_PER_SECOND;

/** A line for each period that is over, and on a terminal some below them that change. */
export function soakReporter(
  stream: Screen,
  { soak, directory }: Pick<Plan, 'soak' | 'directory'>,
): SoakReporter {
  const block = statusBlock(stream);
  const standing = new SoakStanding(soak?.durationMs ?? null, ledgerLines(directory));
  const clock = realClock();
  const everyNs = stream.isTTY ? REDRAW_NS : HEARTBEAT_NS;
  let dueNs = stream.isTTY ? 0 : HEARTBEAT_NS;
  let measured: Measured | null = null;
  let measureNs = 0;
  // Whatever ends the process: what comes next on the terminal begins on a line of its own.
  const onExit = () => block.end();
  process.on('exit', onExit);
  return {
    say: (text) => block.line(text.trimEnd()),
    progress(period, progress) {
      const nowNs = clock.nowNs();
      if (nowNs < dueNs) return;
      dueNs = nowNs + everyNs;
      if (nowNs >= measureNs) {
        measureNs = nowNs + MEASURE_NS;
        measured = { memoryBytes: memoryBytes(), diskBytes: bytesIn(directory) };
      }
      if (stream.isTTY) block.draw(standing.block(period, progress, measured));
      else block.line(standing.line(period, progress, measured));
    },
    event({ period }, event) {
      const text = troubleText(event);
      if (text !== null) block.line(`${String(period).padStart(5)} goes on: ${text}`);
    },
    period(line) {
      standing.take(line);
      block.line(periodText(line));
    },
    end() {
      block.end();
      process.off('exit', onExit);
    },
  };
}

/** What nobody asked for: a warning, or a node that ended by itself. Null for everything else. */
function troubleText(event: Event): string | null {
  if (event.type === 'note' && event.about === 'warning') return event.text;
  const isEnd =
    event.type === 'node' && event.state === 'down' && /^(exited|ended) /.test(event.detail ?? '');
  return isEnd ? `${event.node} ${event.detail}` : null;
}
