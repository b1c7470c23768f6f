import { fc } from '@fast-check/ava';
import type { ExecutionContext } from 'ava';

/** How often a property is tried that does not say so itself: 100 times, or as a hurried run of the tests wants it. */
const RUNS =
  process.env['KEPT_PROPERTY_RUNS'] === undefined
    ? {}
    : { numRuns: Number(process.env['KEPT_PROPERTY_RUNS']) };

/**
 * Tries a property, whose assertions may be those of `t`. A test that fails shows only its first assertion; so what
 * repeats the failure, the seed and the smallest counterexample, goes to the test's log.
 */
export function holds<Values>(
  t: ExecutionContext,
  property: fc.IProperty<Values>,
  parameters?: fc.Parameters<Values>,
): void;
export function holds<Values>(
  t: ExecutionContext,
  property: fc.IAsyncProperty<Values>,
  parameters?: fc.Parameters<Values>,
): Promise<void>;
export function holds<Values>(
  t: ExecutionContext,
  property: fc.IRawProperty<Values>,
  parameters?: fc.Parameters<Values>,
): void | Promise<void> {
  const details: unknown = fc.check(property as fc.IProperty<Values>, { ...RUNS, ...parameters });
  const tell = (told: fc.RunDetails<Values>) => {
    if (!told.failed) return t.pass();
    t.log(fc.defaultReportMessage(told));
    t.fail('the property does not hold; the log says how to repeat it');
  };
  if (details instanceof Promise) return details.then((told) => void tell(told as fc.RunDetails<Values>));
  tell(details as fc.RunDetails<Values>);
}
