import { NS_PER_SECOND } from '../../core/clock.ts';
import { columnsOf, shownText } from './locale.ts';
import { safeLine, safeStyledText } from './safe-text.ts';

/**
 * What a person sees while something goes on: on a terminal one line that changes, below the lines that stay.
 * Everywhere else it is printed plainly every few seconds.
 */
export interface StatusLine {
  /** Of a line that stays. */
  line(text: string): void;
  /** Whether the line that changes is due again. */
  isDue(nowNs: number): boolean;
  draw(text: string): void;
  /** Removes the line that changes. */
  end(): void;
}

/** A terminal, or a file or pipe in its place. */
export type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

const REDRAW_NS = 0.2 * NS_PER_SECOND;
const PLAIN_NS = 5 * NS_PER_SECOND;

/** @param firstNs when it is due for the first time: what ends sooner needs no word. */
export function statusLine(stream: Screen, firstNs = 0): StatusLine {
  const isLiving = stream.isTTY;
  let dueNs = firstNs;
  let drawn = '';

  const end = () => {
    if (drawn !== '') stream.write('\r\u001B[K');
    drawn = '';
  };
  const draw = (text: string) => {
    end();
    drawn = shownText(safeLine(text)).slice(0, Math.max(20, (columnsOf(stream) || 100) - 1));
    stream.write(drawn);
  };
  const line = (text: string) => {
    const again = drawn;
    end();
    stream.write(`${shownText(safeStyledText(text))}\n`);
    if (again !== '') draw(again);
  };
  return {
    line,
    end,
    isDue(nowNs) {
      if (nowNs < dueNs) return false;
      dueNs = nowNs + (isLiving ? REDRAW_NS : PLAIN_NS);
      return true;
    },
    draw: isLiving ? draw : line,
  };
}
