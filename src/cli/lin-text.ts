import type { LinearResult } from '../checker/linear/result.ts';

/** The result for people. */
export function renderLin({ verdict, method, culprit, reason, stats }: LinearResult): string {
  const lines = [`${SENTENCES[verdict]} (${scope(stats, method)})`];
  if (reason !== undefined) lines.push(`  ${reason}`);
  if (culprit !== undefined) {
    lines.push(
      '',
      `Cannot be placed: #${culprit.operation.index} ${culprit.operation.text}`,
      `  ${culprit.reason}`,
    );
    if (culprit.conflicts.length > 0) {
      lines.push(
        '',
        culprit.minimal ? 'It contradicts these, and needs every one of them:' : 'Concurrent with it were:',
      );
      for (const { index, text } of culprit.conflicts) lines.push(`  #${index} ${text}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const SENTENCES = { valid: 'Linearizable', invalid: 'Not linearizable', unknown: 'Unknown' };

/** One of several results, in a line. */
export function renderLine(file: string, { verdict, method, culprit, reason, stats }: LinearResult): string {
  const because = reason ?? (culprit && `#${culprit.operation.index} ${culprit.operation.text}`);
  const detail = [stats.operations > 0 ? scope(stats, method) : undefined, because];
  return `${file}: ${SENTENCES[verdict]} (${detail.filter((part) => part !== undefined).join('; ')})\n`;
}

/** What several results come to. */
export function renderTally({ valid, invalid, unknown }: Record<LinearResult['verdict'], number>): string {
  const total = valid + invalid + unknown;
  return `\n${total} histories: ${valid} linearizable, ${invalid} not, ${unknown} unknown\n`;
}

function scope(stats: LinearResult['stats'], method: string): string {
  const unknown = stats.unknown > 0 ? `, ${stats.unknown} of unknown outcome` : '';
  const keys = stats.keys > 1 ? `, ${stats.keys} keys` : '';
  return `${stats.operations} operations${unknown}${keys}; ${method}`;
}
