import { grouped } from '../../core/words.ts';
import { type Clock, NS_PER_SECOND, realClock } from '../../core/clock.ts';
import type { Run } from '../../history/run.ts';
import { statusLine, type Screen } from './status-line.ts';

/** On a terminal, and elsewhere: what is over by then needs no word. */
const SILENT_NS = { terminal: NS_PER_SECOND, plain: 5 * NS_PER_SECOND };

/**
 * The same run, which says on standard error how far it has been read, unless that takes but a moment. A check is one
 * piece of work in one thread, so this is the only place where it can say anything.
 */
export function withProgress(
  run: Run,
  { screen = process.stderr, clock = realClock() }: { screen?: Screen; clock?: Pick<Clock, 'nowNs'> } = {},
): { run: Run; end(): void } {
  const status = statusLine(screen, screen.isTTY ? SILENT_NS.terminal : SILENT_NS.plain);
  const passes = { writes: 0, records: 0 };

  function* told<Batch extends { length: number }>(
    batches: Iterable<Batch>,
    what: keyof typeof passes,
  ): Generator<Batch> {
    const again = passes[what]++ > 0 ? ', once more' : '';
    let rows = 0;
    for (const batch of batches) {
      yield batch;
      rows += batch.length;
      if (status.isDue(clock.nowNs())) status.draw(`checking: ${grouped(rows)} ${what} looked at${again}`);
    }
  }
  return {
    run: { ...run, writes: () => told(run.writes(), 'writes'), reads: () => told(run.reads(), 'records') },
    end: () => status.end(),
  };
}
