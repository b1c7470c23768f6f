import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { localFiles } from '../../src/control/local-files.ts';
import type { Clock } from '../../src/core/clock.ts';
import { copyLogs } from '../../src/world/log-copies.ts';

/** A clock whose sleep ends when the test says so. */
function handClock() {
  let release = (): void => undefined;
  let begun = (): void => undefined;
  let sleeping = new Promise<void>((resolve) => (begun = resolve));
  const clock: Clock = {
    nowNs: () => 0,
    sleep: (_ms, signal) =>
      new Promise<void>((resolve) => {
        release = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
        begun();
      }),
  };
  return {
    clock,
    /** Everything that is there has been copied. */
    idle: () => sleeping,
    next: () => {
      sleeping = new Promise<void>((resolve) => (begun = resolve));
      release();
      return sleeping;
    },
  };
}

function setting(t: { teardown(act: () => void): void }) {
  const home = mkdtempSync(join(tmpdir(), 'kept-copies-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const directory = join(home, 'node');
  mkdirSync(directory);
  const log = join(directory, 'server.log');
  const copy = (name = 'server.log') => readFileSync(join(home, 'copies', 'kafka1', name), 'utf8');
  const hand = handClock();
  const stop = copyLogs([{ name: 'kafka1', files: localFiles, directory }], join(home, 'copies'), hand.clock);
  /** As the cluster does between two periods of a soak. */
  const shorten = () => {
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
  };
  return { ...hand, stop, log, copy, shorten, say: (text: string) => appendFileSync(log, text) };
}

test('a log is copied as it grows', async (t) => {
  const { say, idle, next, stop, copy } = setting(t);
  await idle();
  say('one\n');
  await next();
  t.is(copy(), 'one\n');
  say('two\n');
  await stop();
  t.is(copy(), 'one\ntwo\n');
});

test('a log that was shortened: nothing of it is lost, and the copy is shortened too', async (t) => {
  const { say, idle, next, stop, copy, shorten } = setting(t);
  await idle();
  say('one is a long line\n');
  await next();
  say('two came after the last look\n');
  shorten();
  say('three\n');
  await next();
  t.is(copy('server.log.1'), 'one is a long line\ntwo came after the last look\n');
  t.is(copy(), 'three\n');
  say('four, with which the log is longer than it was before\n');
  shorten();
  say('five\n');
  await stop();
  t.is(copy('server.log.1'), 'three\nfour, with which the log is longer than it was before\n');
  t.is(copy(), 'five\n');
});

test('a log that was shortened and has grown beyond where it was copied to is not taken for the same one', async (t) => {
  const { say, idle, next, stop, copy, shorten } = setting(t);
  await idle();
  say('one\n');
  await next();
  shorten();
  say('two, and much more than there was before\n');
  await next();
  t.is(copy('server.log.1'), 'one\n');
  t.is(copy(), 'two, and much more than there was before\n');
  await stop();
});

test('shortened twice between two looks, the copy says that something is missing', async (t) => {
  const { say, idle, next, stop, copy, shorten } = setting(t);
  await idle();
  say('one, and a few words more\n');
  await next();
  shorten();
  say('two\n');
  shorten();
  say('three\n');
  await next();
  t.regex(copy('server.log.1'), /^one, and a few words more\n.*not copied.*\n$/);
  t.is(copy(), 'three\n');
  await stop();
});
