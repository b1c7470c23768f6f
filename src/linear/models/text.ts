import type { Machine, State } from '../model.ts';
import { exchangeOf, identity, type Operation, type Value } from '../operation.ts';

/**
 * A text that can be appended to: `append t`, `write t`, `read → t`, `cas [from to]`. Null is the empty text.
 *
 * Once something has been appended out of turn, the text is the beginning of nothing that anybody ever saw, and
 * stays so until it is overwritten. All such texts are alike; seeing them as one is what keeps the search small.
 */
export function textMachine(history: readonly Operation[], initial: Value): Machine {
  const seen = seenTexts(history);
  const alias = (text: string): State => (beginsOneOf(seen, text) ? text : UNSEEN);
  const onlyGrows = history.every(({ f }) => f === 'append' || f === 'read');
  return {
    ...(onlyGrows ? { sink: UNSEEN } : {}),
    start: alias(textOf(initial)),
    step(state, { f, input, output }) {
      if (f === 'append') return state === UNSEEN ? UNSEEN : alias(String(state) + textOf(input));
      if (f === 'write') return alias(textOf(input));
      if (f === 'read') return textOf(output) === state ? state : null;
      const [from, to] = exchangeOf({ input }).map(textOf) as [string, string];
      if (output === false) return from === state ? null : state;
      return from === state ? alias(to) : null;
    },
    observes: ({ f, output }) => f === 'read' || (f === 'cas' && output === false),
    letter: ({ f, input, output }) =>
      f === 'read'
        ? `r${textOf(output)}`
        : f === 'cas'
          ? `${identity(input)} ${output === false}`
          : `${f} ${textOf(input)}`,
  };
}

/** No text is a number. */
const UNSEEN = -1;

function textOf(value: Value): string {
  return value === null ? '' : typeof value === 'string' ? value : String(identity(value));
}

/** What reads returned and cas looked for, sorted. */
function seenTexts(history: readonly Operation[]): string[] {
  const seen = new Set<string>();
  for (const { f, input, output, outcome } of history) {
    if (f === 'read' && outcome === 'ok') seen.add(textOf(output));
    if (f === 'cas') seen.add(textOf(exchangeOf({ input })[0]));
  }
  return [...seen].toSorted();
}

/** Texts that begin with `start` stand together in the sorted list, from where `start` itself would be. */
function beginsOneOf(sorted: readonly string[], start: string): boolean {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! >= start) high = middle;
    else low = middle + 1;
  }
  return sorted[low]?.startsWith(start) === true;
}
