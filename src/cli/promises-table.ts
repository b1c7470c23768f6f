import { grouped } from '../core/words.ts';
import { nameOfClient } from '../history/client-info.ts';
import type { Finding, Result } from '../checker/result.ts';
import { markdownLines } from '../report/repeats/tables.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Row } from './suite-rows.ts';

/** Of each scenario that is about a promise and not about how much is lost: what was promised, what was seen, and how that is judged. */
export function promisesTable(rows: readonly Row[]): string {
  const header = ['scenario', 'client', 'promised', 'outcomes', 'seen', 'judgement', 'run'];
  const lines = rows.map(({ entry, result, directory }) => [
    entry.scenario.name,
    result?.client === undefined ? '' : nameOfClient(result.client),
    promiseOf(entry.scenario),
    result === null ? '' : outcomesInWords(result),
    result === null ? 'no result' : seenInWords(result),
    result === null ? '' : judgementInWords(result),
    directory ?? '',
  ]);
  return `\n${markdownLines([header, ...lines]).join('\n')}\n`;
}

/** Whether its suite is about such promises. */
export function isAboutPromise({ producer, requestLog }: Scenario): boolean {
  return producer.transactions !== undefined || requestLog;
}

function promiseOf({ producer, consumer }: Scenario): string {
  if (producer.transactions === undefined)
    return `what is acknowledged is there${producer.idempotence ? ', once' : ''}`;
  return consumer === undefined ? 'each as a whole or not at all' : 'readers are shown what is committed';
}

function outcomesInWords({ transactions, counts }: Pick<Result, 'transactions' | 'counts'>): string {
  if (transactions === undefined)
    return `${grouped(counts.ok)} acknowledged, ${grouped(counts.info)} unknown`;
  const { committed, aborted, unknown } = transactions;
  const known = `${grouped(committed)} committed, ${grouped(aborted)} aborted`;
  return unknown === 0 ? known : `${known}, ${grouped(unknown)} unknown`;
}

/** `2 torn, 1 aborted-read`; what accuses nobody is left out. */
export function seenInWords({ findings, verdict }: Pick<Result, 'findings' | 'verdict'>): string {
  const counts = new Map<string, number>();
  for (const { kind, count } of findings.filter(isAccusation))
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  if (counts.size === 0) return verdict === 'inconclusive' ? 'not enough' : 'nothing else';
  return [...counts].map(([kind, count]) => `${grouped(count)} ${kind}`).join(', ');
}

/** `violation of the protocol (KAFKA-17754)`, `kept`. */
export function judgementInWords({ findings, verdict }: Pick<Result, 'findings' | 'verdict'>): string {
  const judged = new Set(
    findings.filter(isAccusation).map(({ judgement, blame, reader, reason }) => {
      const whom = reader ?? (blame === 'unknown' ? 'whom is not known' : `the ${blame}`);
      const known = /(KAFKA-\d+|KIP-\d+)/.exec(reason)?.[1];
      return judgement === 'permitted'
        ? 'permitted'
        : `violation, of ${whom}${known === undefined ? '' : ` (${known})`}`;
    }),
  );
  if (judged.size > 0) return [...judged].join('; ');
  return verdict === 'valid' ? 'kept' : verdict;
}

function isAccusation({ kind }: Finding): boolean {
  return kind !== 'unread' && kind !== 'sent-missing';
}
