import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EXIT, Failure } from '../../../src/core/failure.ts';
import { resolveTarget } from '../../../src/control/ssh/client-config.ts';
import { parseHost, parseHosts } from '../../../src/control/ssh/host.ts';

function homeWith(t: ExecutionContext, config: string, others: Record<string, string> = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  mkdirSync(join(home, '.ssh', 'more'), { recursive: true });
  writeFileSync(join(home, '.ssh', 'config'), config);
  for (const [name, text] of Object.entries(others)) writeFileSync(join(home, '.ssh', name), text);
  return home;
}

test('a host is written as for ssh', (t) => {
  t.like(parseHost('me@a.example.com:2222'), { user: 'me', host: 'a.example.com', port: 2222 });
  t.like(parseHost('alias'), { user: null, host: 'alias', port: null });
  t.like(parseHost('me@[2001:db8::1]:22'), { user: 'me', host: '2001:db8::1', port: 22 });
  for (const wrong of ['', 'me@', '@a', 'a:0', 'a:65536', 'a:b', 'a b', 'a@b@c', '-oProxyCommand=x', 'a,b']) {
    const failure = t.throws(
      () => parseHost(wrong === 'a,b' ? 'a, b' : wrong),
      { instanceOf: Failure },
      wrong,
    );
    t.is(failure.exitStatus, EXIT.usage);
  }
  t.throws(() => parseHosts(['a', 'b', 'a']), { instanceOf: Failure, message: /a is named twice/ });
});

test('without a configuration the usual places count', (t) => {
  const home = homeWith(t, '');
  const target = resolveTarget(parseHost('a'), { HOME: home, USER: 'me', SSH_AUTH_SOCK: '/agent' });
  t.like(target, {
    name: 'a',
    host: 'a',
    port: 22,
    user: 'me',
    agent: '/agent',
    identitiesOnly: false,
    jumps: [],
  });
  t.deepEqual(
    target.identityFiles,
    ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((key) => join(home, '.ssh', key)),
  );
  t.is(target.knownHostsFiles[0], join(home, '.ssh', 'known_hosts'));
});

test('an alias is resolved as ssh does it; what is named on the command line wins', (t) => {
  const home = homeWith(
    t,
    `Include more/*.conf
Host a
  HostName %h.example.com
  User them
  Port 2222
  IdentityFile ~/.ssh/%r-key
  IdentityFile "/keys/with space"
  IdentitiesOnly yes
  UserKnownHostsFile ~/one ~/two
  HostKeyAlias the-a
  IdentityAgent none
Host *
  User anybody
  IdentityFile ~/.ssh/last
Match host a exec "touch ${tmpdir()}/kept-must-not-run"
  Port 3
`,
    { 'more/first.conf': 'Host b\n  Port 2200\n' },
  );
  const environment = { HOME: home, USER: 'me', SSH_AUTH_SOCK: '/agent' };
  t.like(resolveTarget(parseHost('a'), environment), {
    host: 'a.example.com',
    user: 'them',
    port: 2222,
    identityFiles: [join(home, '.ssh/them-key'), '/keys/with space', join(home, '.ssh/last')],
    identitiesOnly: true,
    agent: null,
    hostKeyAlias: 'the-a',
    knownHostsFiles: [join(home, 'one'), join(home, 'two'), '/etc/ssh/ssh_known_hosts'],
  });
  t.like(resolveTarget(parseHost('you@a:22'), environment), { user: 'you', port: 22 });
  t.like(resolveTarget(parseHost('b'), environment), { user: 'anybody', port: 2200 });
});

test('the way leads through jump hosts, each with its own settings', (t) => {
  const home = homeWith(
    t,
    `Host inner
  ProxyJump gate,me@middle:2200
Host gate
  HostName gate.example.com
  User keeper
  ProxyJump outer
Host circle
  ProxyJump circle
Host command
  ProxyCommand nc %h %p
Host direct
  ProxyJump none
`,
  );
  const of = (name: string) => resolveTarget(parseHost(name), { HOME: home, USER: 'me' });
  t.deepEqual(
    of('inner').jumps.map(({ user, host, port }) => `${user}@${host}:${port}`),
    ['me@outer:22', 'keeper@gate.example.com:22', 'me@middle:2200'],
  );
  t.deepEqual(of('direct').jumps, []);
  t.throws(() => of('circle'), { instanceOf: Failure, message: /circle/ });
  t.throws(() => of('command'), { instanceOf: Failure, message: /ProxyCommand/ });
});
