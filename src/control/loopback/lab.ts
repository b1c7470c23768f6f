import { createServer, type Server } from 'node:net';
import { Failure, messageOf } from '../../core/failure.ts';
import type { Lab } from '../lab.ts';
import { processRemote } from '../process-remote.ts';
import type { Daemon, Remote } from '../remote.ts';

/**
 * The lab that asks for nothing: processes of this machine, each with a loopback address of its own. Nothing can be
 * cut, and a node's files are this machine's. It needs no namespaces, so it also works where those are forbidden.
 *
 * Daemons are started through `setpriv --pdeathsig`: the kernel kills them when this process ends, by whatever death.
 */
const WITH_ITS_PARENT = ['setpriv', '--pdeathsig', 'SIGKILL'];

/** Labs of one machine have the addresses 127.84.1.x to 127.84.254.x. */
const NETWORK = '127.84';
const LABS_MAX = 254;
const FIRST_NODE = 10;
const NODES_MAX = 200;
/** Whoever listens here has the addresses of this lab. */
const CLAIM_HOST = 1;
const CLAIM_PORT = 19_999;

/** @throws Failure when there are too many nodes or labs, or this machine has no `setpriv`. */
export async function createLoopbackLab(nodes: readonly { name: string }[]): Promise<Lab> {
  if (nodes.length > NODES_MAX)
    throw new Failure(`A lab has room for ${NODES_MAX} nodes, not ${nodes.length}.`);
  const machine = processRemote('this machine', '127.0.0.1');
  await machine.exec([...WITH_ITS_PARENT, 'true'], { timeoutMs: 10_000 }).catch((error: unknown) => {
    throw new Failure(`A lab of processes needs setpriv, and ${messageOf(error)}`, {
      hint: 'Install util-linux: "apt-get install util-linux".',
    });
  });
  const { claim, network } = await claimNetwork();
  const daemons = new Set<Daemon>();
  return {
    nodes: new Map(
      nodes.map(({ name }, index) => {
        const remote = processRemote(name, `${network}.${FIRST_NODE + index}`, WITH_ITS_PARENT);
        return [name, keeping(remote, daemons)];
      }),
    ),
    net: null,
    async close() {
      await Promise.all([...daemons].map((daemon) => daemon.signal('SIGKILL').then(() => daemon.exited)));
      await new Promise((resolve) => claim.close(resolve));
    },
  };
}

/** A remote whose daemons are known until they end. */
function keeping(remote: Remote, daemons: Set<Daemon>): Remote {
  return {
    ...remote,
    async spawn(command, options) {
      const daemon = await remote.spawn(command, options);
      daemons.add(daemon);
      void daemon.exited.then(() => daemons.delete(daemon));
      return daemon;
    },
  };
}

/** Takes the first addresses that no other lab has. The claim ends with this process. */
async function claimNetwork(): Promise<{ claim: Server; network: string }> {
  for (let lab = 1; lab <= LABS_MAX; lab++) {
    const network = `${NETWORK}.${lab}`;
    const claim = await listenAt(`${network}.${CLAIM_HOST}`);
    if (claim !== null) return { claim, network };
  }
  throw new Failure(`All ${LABS_MAX} labs of this machine are in use.`, { hint: 'Let some of them end.' });
}

/** Null when somebody listens there already. */
function listenAt(host: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else
        reject(
          new Failure(`No lab of processes can be built here: ${messageOf(error)}.`, {
            hint: 'Linux has all addresses of 127.0.0.0/8 by itself; other systems have to be told.',
          }),
        );
    });
    // The claim alone keeps no process alive.
    server.listen({ host, port: CLAIM_PORT, exclusive: true }, () => resolve(server.unref()));
  });
}
