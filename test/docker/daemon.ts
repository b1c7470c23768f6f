import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { realClock } from '../../src/core/clock.ts';
import { spawn } from '../../src/core/child-process.ts';
import { messageOf } from '../../src/core/failure.ts';
import { openEngine } from '../../src/control/docker/engine.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';

/**
 * Runs a program of Node where a Docker daemon answers: one that is there, or else one of its own in private network,
 * mount and pid namespaces, of which nothing is left on the machine afterwards. With KEPT_TEST_OWN_DAEMON in the
 * environment always one of its own, which then also answers at the usual socket and on port 2375.
 * Usage: daemon.ts FILE ARGUMENTS
 */
const isOwn = Boolean(process.env['KEPT_TEST_OWN_DAEMON']);
const SOCKET = '/run/docker-test.sock';
const LOG = '/run/dockerd.log';
const START_TIMEOUT_MS = 60_000;
/** Tells a daemon that could not be started from a program that failed. */
const NO_DAEMON = 77;

const OWN_MOUNTS = `
mount --make-rprivate /
mount -t tmpfs tmpfs /run
ip link set lo up`;

const words = process.argv.slice(2);

async function answers(host: string): Promise<boolean> {
  return openEngine({ host, origin: 'the test' }).then(
    () => true,
    () => false,
  );
}

function run(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: environment,
    });
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}

const program = [process.execPath, ...process.execArgv, ...words];

async function startDaemon(): Promise<void> {
  if ((await run(['sh', '-ec', OWN_MOUNTS], process.env)) !== 0) throw new Error('no mounts of its own');
  mkdirSync('/run/docker-data');
  const log = openSync(LOG, 'a');
  const daemon = spawn(
    'dockerd',
    // Nothing here needs the outside, and not every kernel has what its packet filter wants.
    [
      `--host=unix://${SOCKET}`,
      ...(isOwn ? ['--host=unix:///run/docker.sock', '--host=tcp://0.0.0.0:2375', '--tls=false'] : []),
      '--data-root=/run/docker-data',
      '--exec-root=/run/docker-exec',
      '--pidfile=/run/docker-test.pid',
      '--iptables=false',
    ],
    { stdio: ['ignore', log, log] },
  );
  let ended: string | null = null;
  daemon.once('error', (error) => (ended = messageOf(error)));
  daemon.once('exit', (status) => (ended = `dockerd ended with status ${status}`));
  const clock = realClock();
  while (!(await answers(`unix://${SOCKET}`))) {
    if (ended !== null || clock.nowNs() > START_TIMEOUT_MS * 1e6) {
      const last = readFileSync(LOG, 'utf8').trim().split('\n').at(-1) ?? '';
      throw new Error(`${ended ?? 'it does not answer'}: ${last}`);
    }
    await clock.sleep(50);
  }
}

if (insideLab()) {
  try {
    await startDaemon();
  } catch (error) {
    process.stderr.write(`no Docker daemon of its own: ${messageOf(error)}\n`);
    process.exit(NO_DAEMON);
  }
  process.exit(await run(program, { ...process.env, DOCKER_HOST: `unix://${SOCKET}` }));
}
const isThere =
  !isOwn &&
  (await openEngine().then(
    () => true,
    () => false,
  ));
process.exit(isThere ? await run(program, process.env) : await enterLab(words, { anyStatus: true }));
