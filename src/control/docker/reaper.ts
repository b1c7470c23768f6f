import { readFile } from 'node:fs/promises';
import { realClock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import { statusOf, toldBy, withEngine, type Container, type Engine } from './engine.ts';
import { attachTo } from './exec.ts';
import { labelsOf, RUN_LABEL } from './labels.ts';

/**
 * A container that holds a connection to this process, as Ryuk of Testcontainers does, and removes everything of the run
 * when the connection ends: also after `kill -9`. The connection is its standard input through the daemon's own socket,
 * so it needs no port.
 */
export interface Reaper {
  /** Lets go: all of the run is removed. Resolves when the reaper itself is gone. */
  reap(): Promise<void>;
}

const PROGRAM = new URL('reaper.js', import.meta.url);
const READY_TIMEOUT_MS = 30_000;
const REAP_TIMEOUT_MS = 60_000;

/** @throws Failure when it cannot reach the daemon from its container: then nothing else must be made. */
export async function startReaper(engine: Engine, options: { run: string; image: string }): Promise<Reaper> {
  const { api, endpoint } = engine;
  const program = await readFile(PROGRAM, 'utf8');
  const socket = endpoint.host.startsWith('unix://') ? endpoint.host.slice('unix://'.length) : USUAL_SOCKET;
  const container = await withEngine('make the container that removes the others', () =>
    api.createContainer({
      name: `kept-${options.run}-reaper`,
      Image: options.image,
      Entrypoint: ['node'],
      Cmd: ['--input-type=module', '-e', program, '--', `${RUN_LABEL}=${options.run}`],
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
      User: '0',
      Labels: labelsOf(options.run, 'reaper'),
      OpenStdin: true,
      // Its standard input ends with the one connection that feeds it.
      StdinOnce: true,
      AttachStdin: true,
      NetworkDisabled: true,
      HostConfig: {
        AutoRemove: true,
        Binds: [`${socketOnHost(socket)}:${USUAL_SOCKET}`],
        SecurityOpt: ['label=disable'],
      },
    }),
  );
  const attached = await attachTo(engine, container);
  await withEngine('start the container that removes the others', () => container.start());
  await untilReady(attached.stdout, attached.stderr);
  return {
    async reap() {
      // It hears the end all the same where the connection is gone.
      attached.stdin.on('error', () => undefined);
      attached.stdin.end('over\n');
      await untilGone(container);
    },
  };
}

const USUAL_SOCKET = '/var/run/docker.sock';

/** Docker Desktop's socket in the home directory leads to a daemon in a virtual machine, which has it at the usual place. */
function socketOnHost(socket: string): string {
  return socket.includes('/.docker/') || process.platform !== 'linux' ? USUAL_SOCKET : socket;
}

async function untilReady(stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream): Promise<void> {
  let said = '';
  const answer = new Promise<boolean>((resolve) => {
    stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready')) resolve(true);
    });
    stdout.once('end', () => resolve(false));
  });
  stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`));
  if ((await within(realClock(), READY_TIMEOUT_MS, answer)) === true) return;
  const why = /Error: (.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1);
  throw new Failure(
    `The container that removes everything after a run cannot reach the daemon: ${why || 'it said nothing'}.`,
    { hint: 'Without it nothing is started, because "kill -9" would leave containers behind.' },
  );
}

/** Waiting does not help: a daemon that comes back may have let the reaper end, too. */
function unreachable(error: unknown): Failure {
  return new Failure(`The Docker daemon does not answer any more: ${toldBy(error)}`, {
    hint: 'Once it does, "kept doctor --clean" lists what was left, and removes it.',
  });
}

async function untilGone(container: Container): Promise<void> {
  const clock = realClock();
  const deadlineNs = clock.nowNs() + REAP_TIMEOUT_MS * 1e6;
  while (clock.nowNs() < deadlineNs) {
    try {
      await container.inspect();
    } catch (error) {
      if (statusOf(error) === 404) return;
      if (statusOf(error) === null) throw unreachable(error);
    }
    await clock.sleep(50);
  }
  throw new Failure('The containers of this run were not removed in time.', {
    hint: '"kept doctor --clean" lists what was left, and removes it.',
  });
}
