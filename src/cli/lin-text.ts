import type { LinearResult, Sighting } from '../linear/result.ts';

/** A history that was judged. */
export interface Judged {
  /** By name; null where the history could not be read far enough to tell. */
  model: string | null;
  /** It was not named: the operations of the history told it. */
  isGuess: boolean;
  /** What was done with the history that may surprise. */
  notes?: string[];
  /** What would make a contradiction go away. */
  suggestion?: string;
  result: LinearResult;
}

/** The result for people. */
export function renderLin(judged: Judged): string {
  const { verdict, method, culprit, reason, stats } = judged.result;
  const lines = [`${SENTENCES[verdict]} (${scope(stats, method)})`, ...guessOf(judged)];
  if (reason !== undefined) lines.push(`  ${reason}`);
  if (culprit !== undefined) {
    lines.push('', `Cannot be placed: ${named(culprit.operation)}`, `  ${culprit.reason}`);
    if (culprit.conflicts.length > 0) {
      lines.push(
        '',
        culprit.minimal ? 'It contradicts these, and needs every one of them:' : 'Concurrent with it were:',
      );
      for (const conflict of culprit.conflicts) lines.push(`  ${named(conflict)}`);
    }
  }
  if (judged.suggestion !== undefined) lines.push('', judged.suggestion);
  return `${lines.join('\n')}\n`;
}

const SENTENCES = { valid: 'Linearizable', invalid: 'Not linearizable', unknown: 'Unknown' };

/** One of several results, in a line. */
export function renderLine(file: string, judged: Judged): string {
  const { verdict, method, culprit, reason, stats } = judged.result;
  const because = reason ?? (culprit && named(culprit.operation));
  const counted = stats.operations > 0 ? scope(stats, method) : undefined;
  const detail = [counted, ...guessOf(judged), because, judged.suggestion];
  return `${file}: ${SENTENCES[verdict]} (${detail.filter((part) => part !== undefined).join('; ')})\n`;
}

/** What several results come to. */
export function renderTally({ valid, invalid, unknown }: Record<LinearResult['verdict'], number>): string {
  const total = valid + invalid + unknown;
  return `\n${total} histories: ${valid} linearizable, ${invalid} not, ${unknown} unknown\n`;
}

/** Files of directories that are no histories. */
export function renderPassedOver(count: number): string {
  return count === 0 ? '' : `${count} ${count === 1 ? 'file' : 'files'} passed over: no histories\n`;
}

function scope(stats: LinearResult['stats'], method: string): string {
  const unknown = stats.unknown > 0 ? `, ${stats.unknown} of unknown outcome` : '';
  const keys = stats.keys > 1 ? `, ${stats.keys} keys` : '';
  return `${stats.operations} operations${unknown}${keys}; ${method}`;
}

function guessOf({ model, isGuess, notes = [] }: Judged): string[] {
  return [...(isGuess ? [`model: ${model}, by its operations`] : []), ...notes];
}

/** `#2 p0 read → 1 (line 5)` */
function named({ index, line, text }: Sighting): string {
  return `#${index} ${text}${line === undefined ? '' : ` (line ${line})`}`;
}
