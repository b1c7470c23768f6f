import { Failure } from '../../core/failure.ts';

/** How a word was written: `:a`, `a`, `"a"`, `\a`, or `1/2` and integers beyond 2^53, which are read as texts. */
export type Notation = 'keyword' | 'symbol' | 'text' | 'character' | 'number';

/**
 * The words of a history's values. EDN tells `:a` from `"a"`, and values here do not, so a history that has both is
 * refused: taken for one value, a read of what was never written could look right.
 *
 * Nearly every history has texts only, or none. So they are not remembered (that made reading them half as long again):
 * where there are other words too, all is read a second time, and each text is looked for among these.
 */
export class Words {
  readonly #others = new Map<string, Use>();
  #hasTexts = false;
  #isSecondPass = false;

  /** Whether texts must be held against the other words: then all words are to be added again. */
  secondPassNeeded(): boolean {
    this.#isSecondPass = this.#hasTexts && this.#others.size > 0;
    return this.#isSecondPass;
  }

  /** Whether a text has to be added; else it is enough that it was asked. */
  get wantsTexts(): boolean {
    this.#hasTexts = true;
    return this.#isSecondPass;
  }

  /** @throws Failure where the same word stands in another notation. */
  add(word: string, notation: Notation, line: number): void {
    const known = this.#others.get(word);
    if (known !== undefined && known.notation !== notation) throw ambiguous(word, { notation, line }, known);
    if (known === undefined && notation !== 'text') this.#others.set(word, { notation, line });
  }
}

interface Use {
  notation: Notation;
  line: number;
}

function ambiguous(word: string, use: Use, other: Use): Failure {
  return new Failure(
    `Line ${use.line} has the ${written(word, use.notation)} and line ${other.line} the ${written(word, other.notation)}: whether they are one value is ambiguous.`,
    { hint: 'Write a value in one way throughout the history.' },
  );
}

function written(word: string, notation: Notation): string {
  const shown = word.length > 40 ? `${word.slice(0, 37)}...` : word;
  if (notation === 'keyword') return `keyword :${shown}`;
  if (notation === 'text') return `text ${JSON.stringify(shown)}`;
  return notation === 'character' ? `character \\${shown}` : `${notation} ${shown}`;
}
