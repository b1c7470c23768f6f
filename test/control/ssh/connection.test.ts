import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import ssh2 from 'ssh2';
import { messageOf } from '../../../src/core/failure.ts';
import { connect, type Connection } from '../../../src/control/ssh/connection.ts';
import { terminalSecrets } from '../../../src/control/ssh/secrets.ts';

/** A server that lets everybody in, opens every shell, and can drop all connections, as a killed sshd does. */
async function serving() {
  const directory = mkdtempSync(join(tmpdir(), 'kept-connection-'));
  const clients: ssh2.Connection[] = [];
  const { private: hostKey } = ssh2.utils.generateKeyPairSync('ed25519');
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    clients.push(client);
    client.on('error', () => undefined);
    client.on('authentication', (asked) => asked.accept());
    client.on('session', (accept) => accept().on('exec', (acceptShell) => acceptShell()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = {
    name: 'a',
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    user: 'somebody',
    identityFiles: [],
    identitiesOnly: false,
    agent: null,
    hostKeyAlias: null,
    knownHostsFiles: [join(directory, 'known_hosts')],
    jumps: [],
  };
  return {
    connect: () => connect(target, { acceptNew: true, secrets: terminalSecrets() }),
    drop: () => clients.forEach((client) => client.end()),
    close() {
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

const ways: [string, (connection: Connection) => Promise<unknown>][] = [
  ['a shell', (connection) => connection.openShell()],
  ['a file', (connection) => connection.putFile('/dev/null', '/nowhere')],
  ['an address', (connection) => connection.forward('127.0.0.1', 1)],
  [
    'an answer',
    async (connection) => {
      if (!(await connection.answers())) throw new Error('was lost');
    },
  ],
];

for (const [what, ask] of ways)
  test(`${what}, asked for at any moment after the host dropped the connection, is never said to be refused by it`, async (t) => {
    const server = await serving();
    t.teardown(() => server.close());
    const connection = await server.connect();
    t.teardown(() => connection.close());
    server.drop();
    // One question in each turn of the event loop: one of them falls between the end of the stream and the news of it.
    const said: Promise<[text: string, isKnownToBeLost: boolean]>[] = [];
    while (connection.lostBecause() === null) {
      said.push(
        ask(connection).then(
          () => ['done', true],
          (error: unknown) => [messageOf(error), connection.lostBecause() !== null],
        ),
      );
      await setImmediate();
    }
    for (const [text, isKnownToBeLost] of await Promise.all(said)) t.true(isKnownToBeLost, text);
  });
