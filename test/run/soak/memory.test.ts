import test from 'ava';
import { collectGarbage, memoryBytes } from '../../../src/run/soak/memory.ts';

test('what nothing refers to any more is given back', (t) => {
  let garbage: object | null = { large: new Array<number>(100_000).fill(1) };
  const reference = new WeakRef(garbage);
  garbage = null;
  const before = memoryBytes();
  t.true(before > 10_000_000);
  return new Promise<void>((resolve) => {
    // A reference is held until the end of the turn in which it was made.
    setImmediate(() => {
      collectGarbage();
      t.is(reference.deref(), undefined);
      resolve();
    });
  });
});
