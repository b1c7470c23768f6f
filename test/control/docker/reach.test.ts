import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Failure } from '../../../src/core/failure.ts';
import { dockerNet, type Helper } from '../../../src/control/docker/docker-net.ts';
import { seenAddress } from '../../../src/control/docker/greeter.ts';
import { publishedPorts } from '../../../src/control/docker/made-node.ts';
import { publishedWorkers, publishingOf } from '../../../src/control/docker/reach.ts';
import { createProber, localProber } from '../../../src/control/prober.ts';

/** How the workers reach containers whose own addresses lead nowhere: by published ports, behind which anything may answer. */
const GREETER = readFileSync(new URL('../../../src/control/docker/greeter.js', import.meta.url), 'utf8');

async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onConnection(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A greeter as it runs beside a node, and the port that it was given. */
async function greeter(t: ExecutionContext, word: string): Promise<number> {
  const port = await listening(() => undefined);
  // Free on another address of this machine.
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', GREETER.replace('0.0.0.0', '127.0.0.2'), '--', String(port), word],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.teardown(() => child.kill());
  await once(child.stdout, 'data');
  return port;
}

const ask = (port: number, host = '127.0.0.1', timeoutMs = 20_000) =>
  createProber({ start: localProber() }).probe(host, port, timeoutMs, 'word');

test('a node is reached where its greeter is heard, which tells the address that it saw', async (t) => {
  t.deepEqual(await ask(await greeter(t, 'word'), '127.0.0.2'), { answer: 'connects', detail: '127.0.0.1' });
});

test('a proxy that accepts for a node which does not answer is silence, and no connection', async (t) => {
  const port = await listening(() => undefined);
  const { answer } = await ask(port, '127.0.0.1', 200);
  t.is(answer, 'silence');
});

test('a proxy that hangs up, refuses or says something else tells nothing of the node', async (t) => {
  const hangsUp = await listening((socket) => socket.end());
  const says = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\n'));
  const resets = await listening((socket) => socket.resetAndDestroy());
  const answers = await Promise.all([hangsUp, says, resets, 9].map((port) => ask(port)));
  t.deepEqual(
    answers.map(({ answer }) => answer),
    ['no-observation', 'no-observation', 'no-observation', 'no-observation'],
  );
});

test('ports are published for this machine alone where the daemon is on it', (t) => {
  const local = { hostIp: '127.0.0.1', host: '127.0.0.1' };
  for (const host of [
    'unix:///var/run/docker.sock',
    'tcp://localhost:2375',
    'tcp://127.0.0.1:2375',
    'https://[::1]:2376',
  ])
    t.deepEqual(publishingOf({ host }), local, host);
  t.deepEqual(publishingOf({ host: 'tcp://10.0.0.5:2376' }), { hostIp: '0.0.0.0', host: '10.0.0.5' });
  t.deepEqual(publishingOf({ host: 'tcp://[2001:db8::1]:2376' }), { hostIp: '0.0.0.0', host: '2001:db8::1' });
  // A name that only looks like this machine's is another one's.
  t.is(publishingOf({ host: 'tcp://localhost.example:2376' }).hostIp, '0.0.0.0');
});

test('of what the daemon published, the port of IPv4 counts', (t) => {
  const both = [
    { HostIp: '::', HostPort: '32769' },
    { HostIp: '0.0.0.0', HostPort: '32768' },
  ];
  t.deepEqual(
    publishedPorts({ '9094/tcp': both, '9099/tcp': [both[0]!] }, [9094, 9099]),
    new Map([
      [9094, 32768],
      [9099, 32769],
    ]),
  );
  for (const told of [
    {},
    { '9094/tcp': null },
    { '9094/tcp': [] },
    { '9094/tcp': [{ HostIp: '', HostPort: '' }] },
  ])
    t.throws(() => publishedPorts(told, [9094]), {
      instanceOf: Failure,
      message: /has not published the port 9094/,
    });
});

test('the address that a node saw is one of IPv4, or none that could be cut', (t) => {
  t.is(seenAddress('::ffff:172.18.0.1'), '172.18.0.1');
  t.is(seenAddress('172.18.0.1'), '172.18.0.1');
  t.is(seenAddress('fd00::1'), null);
  t.is(seenAddress('undefined'), null);
});

test('a node that is not heard through its port is told, with where that was', async (t) => {
  const port = await listening((socket) => socket.end());
  const greeting = { node: 'kafka1', at: { host: '127.0.0.1', port }, word: 'word' };
  const { message } = await t.throwsAsync(publishedWorkers([greeting]), { instanceOf: Failure });
  t.regex(
    message,
    new RegExp(`kafka1 cannot be reached at its published port 127\\.0\\.0\\.1:${port}: .*closed`),
  );
});

test('workers are cut from a node by the address that this node saw, and probed through its port', async (t) => {
  const scripts: string[] = [];
  const helper = (name: string): Helper => ({
    remote: {
      exec: async (command) => {
        scripts.push(`${name}: ${command.at(-1)}`);
        return { exitStatus: 0, stdout: '', stderr: '' };
      },
    },
    runProgram: async () => {
      throw new Error('no probe begins at a node');
    },
  });
  const probed: string[] = [];
  const net = dockerNet(
    new Map([
      ['a', helper('a')],
      ['b', helper('b')],
    ]),
    new Map([
      ['a', '10.0.0.2'],
      ['b', '10.0.0.3'],
    ]),
    {
      addressAt: (node) => (node === 'a' ? '10.0.0.1' : '192.0.2.7'),
      probe: async (node) => {
        probed.push(node);
        return { answer: 'silence', detail: '' };
      },
    },
  );
  await net.cut([
    { from: 'client', to: 'a' },
    { from: 'b', to: 'client' },
  ]);
  t.deepEqual(
    scripts.map((script) => script.slice(0, 2)),
    ['a:', 'b:'],
  );
  t.regex(scripts[0]!, /ip rule add pref \d+ from 10\.0\.0\.1 lookup/);
  t.regex(scripts[1]!, /arp -i "\$device" -s 192\.0\.2\.7 /);
  for (const link of [
    { from: 'client', to: 'a' },
    { from: 'b', to: 'client' },
  ])
    t.is((await net.probe(link, 10)).answer, 'silence');
  t.deepEqual(probed, ['a', 'b']);
});
