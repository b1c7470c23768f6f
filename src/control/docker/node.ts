import { shellRemote, type ShellRemote } from '../shell/remote.ts';
import { withEngine, type Container, type ContainerOptions, type Engine } from './engine.ts';
import { execIn } from './exec.ts';
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
    openShell: () => execIn(engine, container, ['/bin/sh']),
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

  return remote;
}
