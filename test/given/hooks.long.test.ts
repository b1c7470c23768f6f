import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';

/**
 * The hooks that are shipped: one against real processes, with a stand-in for `ssh` that runs the command here; one
 * against a stand-in for `docker` that remembers the state of its containers; one against the API of a proxy.
 */
const HOOKS = resolve(import.meta.dirname, '../../hooks');

interface Answer {
  healed?: boolean;
  applied: boolean;
  verified: boolean;
  evidence?: string;
  reason?: string;
}

function directoryOf(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'kept-hooks-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const orderOf = (fault: object, id = 'kept-test') => ({
  version: 1,
  id,
  run: 'r',
  topic: 't',
  fault,
  targets: [{ name: 'kafka2', id: 2, host: 'broker-2.example', port: 9092 }],
  links: [],
});

function call(
  hook: string,
  verb: string,
  order: object,
  environment: Record<string, string>,
): Promise<Answer> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(HOOKS, hook), verb], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.once('close', (status) => {
      if (status === 0) done(JSON.parse(output) as Answer);
      else failed(new Error(`status ${status}: ${errors}`));
    });
    child.stdin.end(JSON.stringify(order));
  });
}

function program(path: string, script: string): string {
  writeFileSync(path, `#!/bin/sh\n${script}`);
  chmodSync(path, 0o755);
  return path;
}

test('the SSH hook pauses, kills and starts a real process', async (t) => {
  const directory = directoryOf(t);
  const match = `kept-broker-${process.pid}`;
  const broker = program(join(directory, match), 'while :; do sleep 0.2; done\n');
  const start = program(join(directory, 'start'), `${broker} > /dev/null 2>&1 < /dev/null &\n`);
  const environment = {
    KEPT_SSH: program(join(directory, 'ssh'), `echo "$1" >> ${directory}/hosts; exec sh -c "$2"\n`),
    KEPT_SSH_HOSTS: 'kafka1=root@one,kafka2=root@two',
    KEPT_SSH_MATCH: match,
    KEPT_SSH_START: start,
  };
  spawn(start, { stdio: 'ignore' });
  const pause = orderOf({ kind: 'pause', target: 'leader' });
  for (let look = 0; look < 50 && !(await isRunning(match)); look++);
  t.like(await call('ssh.mjs', 'apply', pause, environment), { applied: true, verified: true });
  t.like(await call('ssh.mjs', 'heal', pause, environment), { healed: true, verified: true });
  const kill = orderOf({ kind: 'kill', target: 'leader' });
  t.like(await call('ssh.mjs', 'apply', kill, environment), {
    verified: true,
    evidence: 'kafka2 has no such process',
  });
  t.false(await isRunning(match));
  await call('ssh.mjs', 'heal', kill, environment);
  t.true(await isRunning(match));
  await call('ssh.mjs', 'heal', kill, environment); // once more is harmless
  await call('ssh.mjs', 'apply', kill, environment);
  t.deepEqual(
    new Set(readFileSync(join(directory, 'hosts'), 'utf8').trim().split('\n')),
    new Set(['root@two']),
  );
  t.like(await call('ssh.mjs', 'apply', orderOf({ kind: 'bisect' }), environment), { applied: false });
});

function isRunning(match: string): Promise<boolean> {
  return new Promise((done) => {
    spawn('pgrep', ['-f', `[${match[0]!}]${match.slice(1)}`], { stdio: 'ignore' }).once('close', (status) =>
      done(status === 0),
    );
  });
}

/** A `docker` whose one container has a state and a network in files; a service that it does not know is an error, as with compose. */
const DOCKER = `
echo "$*" >> "$DIR/calls"
case $1 in
  compose) if [ -e "$DIR/no-plugin" ]; then exit 125; fi
    if [ "$2" = version ]; then exit 0; fi
    case $5 in
      broker-2) echo c0ffee ;;
      none-yet) ;;
      broken) printf 'time="now" level=warning msg="old"\\nyaml: line 3: oops\\n' >&2; exit 15 ;;
      many) printf 'c0ffee\\ndecaf\\n' ;;
      *) echo "no such service: $5" >&2; exit 1 ;;
    esac ;;
  inspect) case $5 in
      *State*) echo "{\\"Status\\":\\"$(cat "$DIR/state")\\",\\"ExitCode\\":$(cat "$DIR/status" || echo 0)}" ;;
      *) if [ -e "$DIR/cut" ]; then echo '{}'; else echo '{"app_default":{"Aliases":["broker-2"],"IPAMConfig":{"IPv4Address":"10.0.0.2"}}}'; fi ;;
    esac ;;
  pause) echo paused > "$DIR/state" ;;
  unpause | start) echo running > "$DIR/state" ;;
  kill | stop) echo exited > "$DIR/state" ;;
  network) if [ "$2" = disconnect ]; then touch "$DIR/cut"; else rm "$DIR/cut"; fi ;;
esac
`;

test('the hook for docker compose strikes a service, says what it has seen, and heals', async (t) => {
  const directory = directoryOf(t);
  program(join(directory, 'docker'), DOCKER);
  writeFileSync(join(directory, 'state'), 'running');
  const environment = { PATH: `${directory}:${process.env['PATH']}`, DIR: directory };
  const state = () => readFileSync(join(directory, 'state'), 'utf8').trim();
  for (const [kind, struck] of [['kill', 'exited'], ['stop', 'exited'], ['pause', 'paused']] as const) {
    const order = orderOf({ kind, target: 'leader' });
    t.like(await call('docker-compose.mjs', 'apply', order, environment), { verified: true, evidence: `kafka2 is ${struck}` });
    t.is(state(), struck);
    for (const time of ['first', 'second']) t.like(await call('docker-compose.mjs', 'heal', order, environment), { healed: true, verified: true }, time);
    t.is(state(), 'running');
  } // prettier-ignore
  const cut = orderOf(
    { kind: 'isolate', target: 'leader', from: 'everyone', direction: 'both' },
    `kept-${process.pid}`,
  );
  t.like(await call('docker-compose.mjs', 'apply', cut, environment), { verified: true });
  t.true(existsSync(join(directory, 'cut')));
  for (const time of ['first', 'second'])
    t.like(await call('docker-compose.mjs', 'heal', cut, environment), { healed: true }, time);
  t.false(existsSync(join(directory, 'cut')));
  t.regex(
    readFileSync(join(directory, 'calls'), 'utf8'),
    /network connect --alias broker-2 --ip 10\.0\.0\.2 app_default c0ffee/,
  );
  const other = orderOf({ kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' });
  const refused = await call('docker-compose.mjs', 'apply', other, environment);
  t.false(refused.applied);
  t.regex(refused.reason!, /not isolate from cluster/);
  for (const [service, why] of [
    ['broker-9', /the service broker-9 of kafka2 has no container; KEPT_SERVICES/],
    ['none-yet', /the service none-yet of kafka2 has no container; KEPT_SERVICES/],
    ['many', /the service many of kafka2 has 2 containers; KEPT_SERVICES/],
    ['broken', /"docker compose ps --all --quiet broken" failed: yaml: line 3: oops$/],
  ] as const) {
    const wrong = { ...environment, KEPT_SERVICES: `kafka2=${service}` };
    const answer = await call('docker-compose.mjs', 'apply', orderOf({ kind: 'kill' }), wrong);
    t.false(answer.applied);
    t.regex(answer.reason!, why);
    t.notRegex(answer.reason!, /\n/);
    // Where the service has no container nothing was struck; where compose does not answer it is not known.
    const healed = await call('docker-compose.mjs', 'heal', orderOf({ kind: 'kill' }), wrong);
    t.is(healed.healed, service !== 'broken');
    t.false(healed.verified ?? false);
  }
});

test('the hook for docker compose takes the older program where there is no plugin, and says when there is neither', async (t) => {
  const directory = directoryOf(t);
  program(join(directory, 'docker'), DOCKER);
  writeFileSync(join(directory, 'no-plugin'), '');
  writeFileSync(join(directory, 'state'), 'running');
  const environment = { PATH: `${directory}:${process.env['PATH']}`, DIR: directory };
  program(join(directory, 'docker-compose'), 'exit 1');
  const neither = await call('docker-compose.mjs', 'apply', orderOf({ kind: 'kill' }), environment);
  t.regex(neither.reason!, /neither "docker compose" nor "docker-compose" works here; KEPT_COMPOSE/);
  program(join(directory, 'docker-compose'), 'if [ "$1" != version ]; then echo c0ffee; fi');
  const older = await call('docker-compose.mjs', 'apply', orderOf({ kind: 'kill' }), environment);
  t.like(older, { applied: true, evidence: 'kafka2 is exited' });
});

test('the hook for docker compose does not do more than it is asked for, and does not call a kill a stop', async (t) => {
  const directory = directoryOf(t);
  program(join(directory, 'docker'), DOCKER);
  const environment = { PATH: `${directory}:${process.env['PATH']}`, DIR: directory };
  writeFileSync(join(directory, 'state'), 'running');
  const oneWay = orderOf({ kind: 'isolate', target: 'leader', from: 'everyone', direction: 'inbound' });
  const refused = await call('docker-compose.mjs', 'apply', oneWay, environment);
  t.false(refused.applied);
  t.regex(refused.reason!, /not isolate inbound from everyone/);
  t.false(existsSync(join(directory, 'calls')), 'nothing was touched');
  // Something else that is in force stays so: what was refused has done nothing.
  writeFileSync(join(directory, 'state'), 'paused');
  await call('docker-compose.mjs', 'heal', orderOf({ kind: 'bisect' }), environment);
  t.is(readFileSync(join(directory, 'state'), 'utf8'), 'paused');
  writeFileSync(join(directory, 'status'), '137');
  const stop = orderOf({ kind: 'stop', target: 'leader' });
  t.like(await call('docker-compose.mjs', 'apply', stop, environment), {
    verified: false,
    evidence: 'kafka2 did not stop within 45 s and was killed',
  });
});

test('the hook for docker compose says in a sentence that a container is on no network and where it was is lost', async (t) => {
  const directory = directoryOf(t);
  program(join(directory, 'docker'), DOCKER);
  const environment = { PATH: `${directory}:${process.env['PATH']}`, DIR: directory };
  writeFileSync(join(directory, 'cut'), '');
  const cut = orderOf({ kind: 'isolate', target: 'leader', from: 'everyone', direction: 'both' });
  const answer = await call(
    'docker-compose.mjs',
    'heal',
    { ...cut, id: `kept-lost-${process.pid}` },
    environment,
  );
  t.false(answer.healed);
  t.regex(answer.reason!, /kafka2 is on no network/);
});

test('the hook for Toxiproxy holds both directions back, and lets them go', async (t) => {
  const toxics = new Set<string>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const name = request.url!.split('/').at(-1)!;
      if (request.method === 'POST') toxics.add((JSON.parse(body) as { name: string }).name);
      if (request.method === 'DELETE' && !toxics.delete(name)) response.statusCode = 404;
      response.end(
        request.method === 'GET'
          ? JSON.stringify({ toxics: [...toxics].map((each) => ({ name: each })) })
          : '{}',
      );
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.teardown(() => server.close());
  const environment = { TOXIPROXY_URL: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
  const order = orderOf({ kind: 'isolate', target: 'leader', from: 'everyone', direction: 'both' });
  t.like(await call('toxiproxy.mjs', 'apply', order, environment), { verified: true });
  t.deepEqual([...toxics], ['kept-test-upstream', 'kept-test-downstream']);
  for (const time of ['first', 'second'])
    t.like(await call('toxiproxy.mjs', 'heal', order, environment), { verified: true }, time);
  t.is(toxics.size, 0);
  t.like(await call('toxiproxy.mjs', 'apply', orderOf({ kind: 'kill' }), environment), { applied: false });
  await t.throwsAsync(() => call('toxiproxy.mjs', 'apply', order, { TOXIPROXY_URL: 'http://127.0.0.1:9' }));
});
