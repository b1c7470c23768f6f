/**
 * What a test file gets for `import test from 'ava'`, once it is compiled (test/compiled.cjs). Alone in its process it gets AVA
 * as it is. Where several files share a process, what they declare is noted first and given to AVA when all of them are loaded:
 * a process that starts AVA and loads the sources costs 0.3 s of a processor and more, and there are 170 quick files.
 *
 * A shared process changes little for a test file: its titles begin with its path, its tests start together when those of the
 * file before it have ended, and what each file has of `before` and `after` runs before and after those of all. Its tests
 * that are serial run before all that are not.
 */
import ava from 'ava';

/** Held here by test/compiled.cjs while it loads a group; `file` is the one that is being loaded. */
const GROUP = Symbol.for('kept.test-group');
const group = globalThis[GROUP];

export default group === undefined ? ava : chain([]);
export { registerCompletionHandler } from 'ava';

/** `test`, `test.serial.skip` and so on: whatever it is called with is noted. */
function chain(names) {
  return new Proxy(() => {}, {
    get: (_, name) => (name === 'macro' || name === 'meta' ? ava[name] : chain([...names, name])),
    apply(_, self, args) {
      group.declared.push({ file: group.file, names, args });
    },
  });
}

/** Gives all that was noted to AVA, at once, as AVA wants it. */
group?.whenLoaded.push(() => {
  let turn = Promise.resolve();
  // Then the others never begin.
  const isForOneOnly = group.declared.some(({ names }) => names.includes('only'));
  for (const file of group.files) {
    const own = group.declared.filter((declared) => declared.file === file);
    const problems = [...(group.problems.get(file) ?? [])];
    if (own.length === 0 && problems.length === 0) problems.push(new Error(`${file} has no tests.`));
    // For AVA they would be those of every file.
    const isEach = ({ names }) => names.some((name) => name.endsWith('Each'));
    const each = own.filter(isEach);
    const isOver = [];
    for (const declared of own.filter((one) => !isEach(one))) {
      try {
        declare({ ...declared, prefix: `${file} › `, each, turn, isOver });
      } catch (error) {
        problems.push(error);
      }
    }
    for (const [index, problem] of problems.entries())
      ava(`${file} › problem ${index + 1} with this file`, () => {
        throw problem;
      });
    if (!isForOneOnly) turn = turn.then(() => Promise.all(isOver));
  }
});

/**
 * @param each the hooks that its file has for each test; `turn` is when it may begin, unless it is serial; `isOver` gets the
 * promise of its end.
 */
function declare({ names, args, prefix, each, turn, isOver }) {
  const { title, act, rest } = parsed(args);
  const call = names.reduce((object, name) => object[name], ava);
  const isHook = names.some((name) => /^(before|after)/.test(name));
  const titles = title === undefined && !isHook ? [] : [`${prefix}${title ?? `${names.join('.')} hook`}`];
  if (act === undefined) call(...titles);
  else if (isHook) call(...titles, (t) => act(t, ...rest));
  else if (names.includes('serial') || names.includes('skip'))
    call(...titles, (t) => between(each, act)(t, ...rest));
  else {
    let end;
    const ended = new Promise((resolve) => (end = resolve));
    call(...titles, async (t) => {
      await turn;
      t.teardown(end);
      await between(each, act)(t, ...rest);
    });
    isOver.push(ended);
  }
}

function parsed(args) {
  const given = typeof args[0] === 'string' ? args[0] : undefined;
  const [implementation, ...rest] = given === undefined ? args : args.slice(1);
  return {
    title: implementation?.title?.(given, ...rest) ?? given,
    act: implementation?.exec ?? implementation,
    rest,
  };
}

/** A test after what is to be done before each, and before what is to be done after each. */
function between(each, act) {
  const hooks = (kind) => each.filter(({ names }) => names.includes(kind) && !names.includes('skip'));
  const isAlways = ({ names }) => names.includes('always');
  return async (t, ...rest) => {
    for (const hook of hooks('afterEach').filter(isAlways)) t.teardown(() => run(hook, t));
    for (const hook of hooks('beforeEach')) await run(hook, t);
    await act(t, ...rest);
    for (const hook of hooks('afterEach').filter((one) => !isAlways(one))) await run(hook, t);
  };
}

function run({ args }, t) {
  const { act, rest } = parsed(args);
  return act(t, ...rest);
}
