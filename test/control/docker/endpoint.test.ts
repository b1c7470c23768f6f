import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Failure } from '../../../src/core/failure.ts';
import { findEndpoint } from '../../../src/control/docker/endpoint.ts';
import { openEngine } from '../../../src/control/docker/engine.ts';

/** Where the daemon is, by what a user has set: as Docker's own command decides it. */
function home(): { home: string; context: (name: string, meta: unknown) => void } {
  const directory = mkdtempSync(join(tmpdir(), 'kept-docker-'));
  return {
    home: directory,
    context(name, meta) {
      const id = createHash('sha256').update(name).digest('hex');
      const place = join(directory, '.docker/contexts/meta', id);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'meta.json'), JSON.stringify(meta));
    },
  };
}

const at = (Host: string) => ({ Endpoints: { docker: { Host } } });

test('DOCKER_HOST comes before everything', (t) => {
  const { home: directory } = home();
  t.teardown(() => rmSync(directory, { recursive: true }));
  const environment = { DOCKER_HOST: 'tcp://10.0.0.5:2375', DOCKER_CONTEXT: 'other' };
  t.deepEqual(findEndpoint({ environment, home: directory }), {
    host: 'tcp://10.0.0.5:2375',
    origin: 'DOCKER_HOST',
  });
});

test('the context in use comes next, and DOCKER_CONTEXT chooses another', (t) => {
  const { home: directory, context } = home();
  t.teardown(() => rmSync(directory, { recursive: true }));
  context('rootless', at('unix:///run/user/1000/docker.sock'));
  context('other', at('unix:///other.sock'));
  writeFileSync(join(directory, '.docker/config.json'), JSON.stringify({ currentContext: 'rootless' }));
  t.is(findEndpoint({ environment: {}, home: directory }).host, 'unix:///run/user/1000/docker.sock');
  t.is(
    findEndpoint({ environment: { DOCKER_CONTEXT: 'other' }, home: directory }).host,
    'unix:///other.sock',
  );
});

test('a context that is not there is one sentence', (t) => {
  const { home: directory } = home();
  t.teardown(() => rmSync(directory, { recursive: true }));
  const environment = { DOCKER_CONTEXT: 'gone' };
  const error = t.throws(() => findEndpoint({ environment, home: directory }), { instanceOf: Failure });
  t.regex(error.message, /context "gone" is in use, and .* does not say where its daemon is\.$/);
});

test('a daemon behind SSH is not for this lab', (t) => {
  const environment = { DOCKER_HOST: 'ssh://me@server' };
  const error = t.throws(() => findEndpoint({ environment, home: '/nowhere' }), { instanceOf: Failure });
  t.is(error.exitStatus, 64);
  t.regex(error.hint, /--lab ssh/);
});

test('a socket of Podman or of a rootless daemon is found where there is no other', (t) => {
  const { home: directory } = home();
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'podman'));
  writeFileSync(join(directory, 'podman/podman.sock'), '');
  const { host } = findEndpoint({ environment: { XDG_RUNTIME_DIR: directory }, home: directory });
  // A machine with Docker of its own has that first.
  t.true([`unix://${directory}/podman/podman.sock`, 'unix:///var/run/docker.sock'].includes(host));
});

test('that no daemon answers is one sentence, with the place and what to do', async (t) => {
  const endpoint = { host: 'unix:///no/such.sock', origin: 'DOCKER_HOST' };
  const error = await t.throwsAsync(openEngine(endpoint), { instanceOf: Failure });
  t.is(error.message, 'No Docker daemon answers at unix:///no/such.sock (DOCKER_HOST).');
  t.regex(error.hint, /Start it/);
});
