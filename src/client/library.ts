import type { ClientInfo, ClientLibrary } from '../history/client-info.ts';
import type { Client } from './client.ts';
import type { DriverOptions } from './driver-options.ts';
import type { GroupMember, GroupMemberOptions } from './group-member.ts';
import type { LibraryReader, LibraryReaderOptions } from './library-reader.ts';
import type { TransactionalClient, TransactionalDriverOptions } from './transactional-client.ts';

/** A client library, found and ready to be used: all that opening it needs. As JSON it goes from one process to another. */
export interface PreparedClient extends ClientInfo {
  /** Which of the libraries it is; `library` is what a program calls itself. */
  kind: ClientLibrary;
  /** The program that speaks the protocol of docs/clients.md, and its arguments; absent where the library lives in this process. */
  command?: readonly string[];
  /** Settings in the library's own words, which it is given last: `linger.ms`. */
  settings: Readonly<Record<string, string>>;
}

/** A library in use. Its workers' clients may share what the library shares: a program, for instance. */
export interface Library {
  /** @throws Failure (usage) where the library cannot do what the options ask for. */
  open(options: DriverOptions): Client;
  /**
   * A worker's client that writes in transactions.
   * @throws Failure (usage) as `open` does
   */
  openTransactional(options: TransactionalDriverOptions): TransactionalClient;
  /**
   * A consumer of the library; absent of kept's own driver, whose reader hides nothing.
   * @throws Failure (usage) as `open` does
   */
  openReader?(options: LibraryReaderOptions): LibraryReader;
  /** A member of a consumer group; absent of a library whose members kept cannot have yet. */
  openMember?(options: GroupMemberOptions): GroupMember;
  /** Strikes the process that the clients live in; absent where that is kept's own. */
  strike?(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends what the clients share; they are closed before. */
  close(): Promise<void>;
}
