import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { acquaintance, knownHostsLine, knownKeys, knownName } from '../../../src/control/ssh/known-hosts.ts';

/** A key in wire form: its type, then anything. */
function keyOf(type: string, rest: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(rest)]);
}

const ED = keyOf('ssh-ed25519', 'one');
const OTHER = keyOf('ssh-ed25519', 'other');
const RSA = keyOf('ssh-rsa', 'three');
const line = (patterns: string, key: Buffer, marker = '') =>
  `${marker}${patterns} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')} a comment`;
const known = (text: string, host: string, port = 22) => knownKeys(text, host, port).map(({ key }) => key);

test('a host is known by its name, by one of several, by a pattern, and with a port of its own', (t) => {
  t.deepEqual(known(line('a.example.com', ED), 'A.Example.com'), [ED]);
  t.deepEqual(known(line('b,a,10.0.0.1', ED), '10.0.0.1'), [ED]);
  t.deepEqual(known(line('*.example.com,!bad.example.com', ED), 'a.example.com'), [ED]);
  t.deepEqual(known(line('*.example.com,!bad.example.com', ED), 'bad.example.com'), []);
  t.deepEqual(known(line('[a]:2222', ED), 'a', 2222), [ED]);
  t.deepEqual(known(line('[a]:2222', ED), 'a'), [], 'another port may be another host');
  t.deepEqual(known(line('a', ED), 'a', 2222), [], 'and so may the usual one');
  t.deepEqual(known(line('a.b', ED), 'axb'), [], 'a dot is a dot');
});

test('a host may have several keys; lines that are none are passed over', (t) => {
  const text = [
    '',
    '# a comment',
    'a ssh-ed25519',
    'nonsense',
    line('a', ED),
    line('a', RSA),
    line('b', OTHER),
  ].join('\n');
  t.deepEqual(known(text, 'a'), [ED, RSA]);
  t.deepEqual(
    known(`a ssh-rsa ${ED.toString('base64')}`, 'a'),
    [],
    'a key that is of another type than it says',
  );
  t.deepEqual(known(line('a', ED, '@cert-authority '), 'a'), [], 'an authority is no key of the host');
});

test('a key is known, changed, unknown or revoked', (t) => {
  const of = (text: string, key: Buffer) => acquaintance(knownKeys(text, 'a', 22), key);
  t.is(of(line('a', ED), ED), 'known');
  t.is(of(line('a', ED), OTHER), 'changed');
  t.is(of(line('a', RSA), ED), 'changed', 'a new type of key does not make a known host a new one');
  t.is(of(line('b', ED), ED), 'unknown');
  t.is(of([line('a', ED), line('*', ED, '@revoked ')].join('\n'), ED), 'revoked');
  t.is(of(line('*', OTHER, '@revoked '), ED), 'unknown', 'that other keys are revoked makes nothing known');
});

test('names that ssh-keygen has hashed are found', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
  const [type, key] = readFileSync(join(directory, 'key.pub'), 'utf8').split(' ');
  const file = join(directory, 'known_hosts');
  writeFileSync(file, `a.example.com ${type} ${key}\n[10.0.0.1]:2222 ${type} ${key}\n`);
  await execa('ssh-keygen', ['-H', '-f', file]);
  const hashed = readFileSync(file, 'utf8');
  t.regex(hashed, /^\|1\|/);
  t.is(known(hashed, 'a.example.com').length, 1);
  t.is(known(hashed, '10.0.0.1', 2222).length, 1);
  t.is(known(hashed, '10.0.0.1').length, 0);
  t.is(known(hashed, 'b.example.com').length, 0);
});

test('a line that is written makes its host known', (t) => {
  const written = knownHostsLine('a', 2222, ED);
  t.true(written.startsWith(`${knownName('a', 2222)} ssh-ed25519 `));
  t.deepEqual(known(written, 'a', 2222), [ED]);
});
