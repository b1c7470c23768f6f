import type { Figures } from '../../checker/fold/figures.ts';
import { counted, grouped } from '../../core/words.ts';

/** What a soak counts beside records, in a few words each; nothing for what it does not have. */
export function figureSentences({ transactions, copies, group }: Figures): string[] {
  return [
    ...(transactions === undefined
      ? []
      : [
          `transactions: ${grouped(transactions.committed)} committed, ${grouped(transactions.aborted)} aborted, ${grouped(transactions.unknown)} of unknown outcome`,
        ]),
    ...(copies === undefined
      ? []
      : [`copies: ${grouped(copies.copied)} of ${counted(copies.due, 'record')} that were to be copied`]),
    ...(group === undefined
      ? []
      : [
          `consumer group: handed out ${grouped(group.handed)}, of these again ${grouped(group.handedAgain)}; joined ${grouped(group.lives)}, killed ${grouped(group.killed)}, paused ${grouped(group.paused)}, left ${grouped(group.left)}`,
        ]),
  ];
}
