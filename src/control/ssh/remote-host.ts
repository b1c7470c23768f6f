import { realClock, type Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import type { Remote } from '../remote.ts';
import { shellRemote, type ShellRemote } from '../shell/remote.ts';
import type { Target } from './client-config.ts';
import type { ConnectOptions } from './connection.ts';
import { connectLasting, repeatOn, type LastingConnection } from './lasting-connection.ts';
import { survey, type HostFacts } from './survey.ts';
import { putDirectory } from './upload.ts';

/** A host behind SSH, connected and looked over. */
export interface RemoteHost {
  readonly name: string;
  readonly facts: HostFacts;
  readonly connection: LastingConnection;
  /** For what concerns the host itself, beside the nodes on it. */
  readonly control: Remote;
  /**
   * A node that lives on this host.
   * @param options.shellsMax sessions of the one connection
   * @param options.notes a directory there for notes about its daemons, which goes with the run
   */
  remoteOf(name: string, options: { shellsMax: number; notes: string }): ShellRemote;
  close(): void;
}

/** Of the ten sessions that OpenSSH gives a connection, one is for copying files. */
export const SESSIONS = { all: 10, control: 2, files: 1 } as const;

/** @throws Failure in one sentence. */
export async function openHost(target: Target, options: ConnectOptions): Promise<RemoteHost> {
  const connection = await connectLasting(target, options);
  const clock: Clock = options.clock ?? realClock();
  const remotes: ShellRemote[] = [];

  const remoteFor = (
    name: string,
    facts: Pick<HostFacts, 'address' | 'hostname'>,
    sessions: { shellsMax: number; notes?: string },
  ) => {
    const remote: ShellRemote = shellRemote({
      name,
      ...facts,
      openShell: () => repeatOn(connection, (serving) => serving.openShell()),
      ...sessions,
      put: (from, to) => putDirectory({ from, to, remote, connection }),
      clock,
    });
    remotes.push(remote);
    return remote;
  };

  try {
    const first = remoteFor(target.name, { address: target.host, hostname: target.name }, { shellsMax: 1 });
    const facts = await survey(target.name, first.exec.bind(first)).catch((error: unknown) => {
      if (error instanceof Failure) throw error;
      throw new Failure(`${target.name} cannot be looked over: ${messageOf(error)}`);
    });
    first.close();
    return {
      name: target.name,
      facts,
      connection,
      control: remoteFor(target.name, facts, { shellsMax: SESSIONS.control }),
      remoteOf: (name, sessions) => remoteFor(name, facts, sessions),
      close() {
        for (const remote of remotes) remote.close();
        connection.close();
      },
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}
