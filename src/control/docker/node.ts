import { Failure } from '../../core/failure.ts';
import type { Daemon } from '../remote.ts';
import { shellRemote, type ShellRemote } from '../shell/remote.ts';
import { statusOf, withEngine, type Container, type ContainerOptions, type Engine } from './engine.ts';
import { execIn, type Attached } from './exec.ts';
import { archiveOf } from './image.ts';

/**
 * What a container of the lab runs by itself: it only waits, and takes in what has lost its parent. All else is started in
 * it by the lab, so that a broker is killed, paused and started again without losing its network and its files.
 */
const WAIT = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';

/** A daemon keeps a shell busy; the rest is for what is done besides. */
const SHELLS_MAX = 8;

/** Makes and starts a container that waits. */
export async function startWaiting({ api }: Engine, options: ContainerOptions): Promise<Container> {
  return withEngine(`start the container ${options.name}`, async () => {
    const container = await api.createContainer({
      Entrypoint: ['/bin/sh', '-c', WAIT],
      Cmd: [],
      User: '0',
      WorkingDir: '/',
      StopSignal: 'SIGTERM',
      ...options,
      HostConfig: { Init: false, RestartPolicy: { Name: '' }, ...options.HostConfig },
    });
    await container.start();
    return container;
  });
}

/** Command over a running container. */
export function containerRemote(
  engine: Engine,
  container: Container,
  node: { name: string; address: string },
): ShellRemote {
  const remote = shellRemote({
    ...node,
    hostname: node.name,
    openShell: () => openShell(engine, container, node.name),
    shellsMax: SHELLS_MAX,
    put,
  });

  /** By way of the container's own layer: the daemon does not see what is mounted inside. */
  async function put(from: string, to: string): Promise<void> {
    const { stdout: staging } = await remote.exec(['mktemp', '-d']);
    await withEngine(`copy ${from} to ${node.name}`, () =>
      container.putArchive(archiveOf(from), { path: staging }),
    );
    const move = 'mkdir -p "$2" && cp -R "$1/." "$2" && rm -rf "$1"';
    const { exitStatus, stderr } = await remote.exec(['sh', '-c', move, 'sh', staging, to]);
    if (exitStatus !== 0) throw new Error(`${from} cannot be copied to ${to} on ${node.name}: ${stderr}`);
  }

  /** A container may also end by another's hand, and then everything in it has ended. */
  let ended: Promise<void> | null = null;
  const untilEnded = () =>
    (ended ??= container.wait().then(
      () => undefined,
      // Where it cannot be waited for, nothing is known of it.
      () => new Promise(() => undefined),
    ));

  return {
    ...remote,
    async spawn(command, options) {
      return endingWith(untilEnded(), await remote.spawn(command, options));
    },
  };
}

/** A daemon that is over, too, when its container is. */
function endingWith(containerEnded: Promise<void>, daemon: Daemon): Daemon {
  let isOver = false;
  const how = { exitStatus: null, signal: 'the end of its container' };
  return {
    pid: daemon.pid,
    exited: Promise.race([
      daemon.exited,
      containerEnded.then(() => {
        isOver = true;
        return how;
      }),
    ]),
    signal: async (name) => (isOver ? undefined : daemon.signal(name)),
    state: async () => (isOver ? null : daemon.state()),
  };
}

async function openShell(engine: Engine, container: Container, name: string): Promise<Attached> {
  try {
    return await execIn(engine, container, ['/bin/sh']);
  } catch (error) {
    const status = statusOf((error as Error).cause);
    if (status !== GONE && status !== NOT_RUNNING) throw error;
    throw new Failure(`The container of ${name} does not run any more: something else has ended it.`, {
      hint: 'Containers of a run are named kept-RUN-NODE, and are to be left alone.',
      cause: error,
    });
  }
}

const GONE = 404;
/** Or paused: no command can be run in it either. */
const NOT_RUNNING = 409;
