/**
 * A library's transactions, as an application uses them. What the library says is taken at its word where it says that a
 * transaction was committed; that one was aborted is known where nobody ever asked the library to commit it. All else is
 * unknown: kept does not see the requests that it has sent.
 */
import type { Clock } from '../core/clock.ts';
import type { Client, Completion } from './client.ts';
import type { TransactionalClient, TransactionEnded, TransactionOffsets } from './transactional-client.ts';

/** A worker's producer, as its library has it. What goes wrong is thrown, in the library's own way. */
export interface LibraryTransactions extends Client {
  begin(): Promise<void>;
  /**
   * Gets another producer: after an end that failed, one may be able to do nothing more. Absent where `begin` sees to it itself.
   */
  renew?(): Promise<void>;
  /** Begins anew, as an instance of the application that has just started; `renew` does that, if absent. */
  restart?(): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  sendOffsets(sent: TransactionOffsets): Promise<void>;
}

interface Open {
  /** Why it did not begin. */
  error: string | null;
  underWay: Set<Promise<unknown>>;
}

/** As in the audit driver: what fails at once is not tried again at full speed. */
const PAUSE_AFTER_FAIL_MS = 30;

/** @param how.nameOf the library's name for what it has thrown */
export function applicationTransactions(
  library: LibraryTransactions,
  { nameOf, clock }: { nameOf: (thrown: unknown) => string; clock: Clock },
): TransactionalClient {
  let open: Open | null = null;
  const opened = (): Open => {
    if (open === null) throw new TypeError('no transaction has begun: call begin first');
    return open;
  };
  const begin = async (newInstance: boolean): Promise<void> => {
    if (newInstance) await (library.restart === undefined ? library.renew?.() : library.restart());
    try {
      await library.begin();
    } catch (thrown) {
      if (library.renew === undefined) throw thrown;
      // An application that gets no further needs another producer.
      await library.renew();
      await library.begin();
    }
  };
  /** The name of the error; null: there was none. */
  const errorOf = (acting: Promise<unknown>): Promise<string | null> => acting.then(() => null, nameOf);
  const within = async <T>(act: () => Promise<T>): Promise<T> => {
    const { underWay } = opened();
    const acting = act();
    underWay.add(acting);
    return acting.finally(() => underWay.delete(acting));
  };

  return {
    open: () => library.open(),
    close: () => library.close(),

    async begin({ newInstance } = { newInstance: false }) {
      if (open !== null) throw new TypeError('the transaction before is still open: call end first');
      const begun: Open = { error: null, underWay: new Set() };
      open = begun;
      begun.error = await errorOf(begin(newInstance));
      return { producer: null, error: begun.error };
    },

    write: (invocation) =>
      within(async (): Promise<Completion> => {
        const { error } = opened();
        if (error === null) return library.write(invocation);
        await clock.sleep(PAUSE_AFTER_FAIL_MS);
        return { outcome: 'fail', error, offset: null, attempts: 0, broker: null };
      }),

    sendOffsets: (sent) =>
      within(async () => {
        const { error } = opened();
        return error ?? errorOf(library.sendOffsets(sent));
      }),

    async end(how): Promise<TransactionEnded> {
      const { error: notBegun, underWay } = opened();
      await Promise.all(underWay);
      open = null;
      const place = { before: null, after: null };
      if (notBegun !== null)
        return { outcome: 'aborted', error: notBegun, attempts: 0, answered: 0, ...place };
      const error = await errorOf(how === 'commit' ? library.commit() : library.abort());
      const outcome = how === 'abort' ? 'aborted' : error === null ? 'committed' : 'unknown';
      return { outcome, error, attempts: 1, answered: error === null ? 1 : 0, ...place };
    },
  };
}
