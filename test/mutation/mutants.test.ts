import test from 'ava';
import { mutantsOf } from './mutants.ts';

/** The changes to one line, as `original → replacement`. */
function changesTo(source: string): string[] {
  return mutantsOf(source).map(({ original, replacement }) => `${original} → ${replacement}`);
}

test('conditions are turned round and bounds moved by one', (t) => {
  t.deepEqual(changesTo('if (a < b) f();'), ['a < b → a <= b', 'f(); → ;']);
  t.deepEqual(changesTo('const x = a && b;'), ['a && b → a || b']);
  t.deepEqual(changesTo('const x = ready ? 1 : 2;'), ['ready → !(ready)']);
});

test('steps are left out, also those that are waited for', (t) => {
  t.deepEqual(changesTo('await net.heal(links);'), ['await net.heal(links); → ;']);
});

test('the words that decide a judgement are exchanged', (t) => {
  t.deepEqual(changesTo("const judgement = 'permitted';"), ["'permitted' → 'violation'"]);
});

test('types are left alone: they do nothing at run time', (t) => {
  t.deepEqual(changesTo("type Judgement = 'permitted' | 'violation';"), []);
  t.deepEqual(changesTo("function f(x: 'permitted'): 'violation' { return x as never; }"), []);
});

test('a mutant is the whole file with one change, at a line that is told', (t) => {
  const [mutant] = mutantsOf('const a = 1;\nconst b = !a;\n');
  t.is(mutant!.line, 2);
  t.is(mutant!.text, 'const a = 1;\nconst b = a;\n');
});
