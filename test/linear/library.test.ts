import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(new URL('../../docs/linearizability.md', import.meta.url), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)![1]!;

const run = (program: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    // As in a program of one's own: nothing has prepared Node for TypeScript.
    env: { ...process.env, NODE_OPTIONS: '' },
  });

test('the example in the documentation runs in plain JavaScript, and prints what it says', (t) => {
  t.is(run(block('js')), block('text'));
});

test('the library reads histories, too', (t) => {
  const program = `
    import { check, modelNamed, readHistory } from 'kept/linear';
    const text = '{:process 0, :type :invoke, :f :acquire} {:process 0, :type :ok, :f :acquire}';
    console.log((await check(modelNamed('mutex'), readHistory(text, { model: 'mutex' }))).verdict);`;
  t.is(run(program), 'valid\n');
});
