import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { addJava } from '../../../src/db/kafka/assembled-image.ts';

/**
 * Debian's Java is full of links: to /etc, where its configuration is, and to packages that may not be installed. In an
 * image there is neither.
 */
test('a Java is copied with what its links lead to, and without those that lead nowhere', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-java-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const home = join(directory, 'java');
  const etc = join(directory, 'etc');
  for (const each of [join(home, 'lib'), join(home, 'jmods'), join(home, 'bin'), etc])
    mkdirSync(each, { recursive: true });
  writeFileSync(join(etc, 'java.security'), 'a=b');
  writeFileSync(join(home, 'bin', 'java'), '');
  writeFileSync(join(home, 'jmods', 'java.base.jmod'), 'large');
  symlinkSync(join(etc, 'java.security'), join(home, 'lib', 'java.security'));
  symlinkSync('../../../share/nothing', join(home, 'lib', 'libatk-wrapper.so'));
  const root = join(directory, 'root');
  await addJava(root, home);
  const copied = join(root, 'opt/java');
  t.true(lstatSync(join(copied, 'lib', 'java.security')).isFile());
  t.true(existsSync(join(copied, 'bin', 'java')));
  t.false(existsSync(join(copied, 'lib', 'libatk-wrapper.so')));
  t.false(existsSync(join(copied, 'jmods')), 'what only compilers need stays away');
});
