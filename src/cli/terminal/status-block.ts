import { columnsOf, shownText } from './locale.ts';
import { safeLine, safeStyledText } from './safe-text.ts';
import type { Screen } from './status-line.ts';

/** Lines that change, below those that stay; for a terminal. Nothing else is changed there, so nothing has to be restored. */
export interface StatusBlock {
  /** Of a line that stays. */
  line(text: string): void;
  draw(lines: readonly string[]): void;
  /** Removes the lines that change. */
  end(): void;
}

const COLUMNS_MIN = 20;

export function statusBlock(stream: Screen): StatusBlock {
  let drawn: readonly string[] = [];

  const end = () => {
    if (drawn.length === 0) return;
    // To the beginning of the first line, and everything from there on away: also what the terminal has echoed of a Ctrl-C.
    const up = drawn.length - 1;
    stream.write(`\r${up > 0 ? `\u001B[${up}A` : ''}\u001B[J`);
    drawn = [];
  };
  const draw = (lines: readonly string[]) => {
    end();
    // A line that is wrapped would be two, and the cursor must not stand behind the last column.
    const columns = Math.max(COLUMNS_MIN, (columnsOf(stream) || 100) - 1);
    drawn = lines.map((text) => shownText(safeLine(text)).slice(0, columns));
    stream.write(drawn.join('\n'));
  };
  return {
    line(text) {
      const again = drawn;
      end();
      stream.write(`${shownText(safeStyledText(text))}\n`);
      if (again.length > 0) draw(again);
    },
    draw,
    end,
  };
}
