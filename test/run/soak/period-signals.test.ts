import { getEventListeners } from 'node:events';
import test from 'ava';
import { periodSignals } from '../../../src/run/soak/period-signals.ts';

test('what ends a soak ends the period that goes on; one that begins after that ends at once', (t) => {
  const [stop, enough, abort] = [new AbortController(), new AbortController(), new AbortController()];
  const first = periodSignals([stop.signal, enough.signal], [abort.signal]);
  enough.abort();
  t.true(first.stop.aborted);
  t.false(first.abort.aborted);
  const second = periodSignals([stop.signal, enough.signal], [abort.signal]);
  t.true(second.stop.aborted);
  abort.abort();
  t.true(second.abort.aborted);
});

test('when a period is over nothing of it hangs on the signals of the soak', (t) => {
  const [stop, abort] = [new AbortController(), new AbortController()];
  const period = periodSignals([stop.signal], [abort.signal]);
  // As a run makes them: Node.js keeps such a signal, and all that listens to it, until it is aborted.
  const within = AbortSignal.any([period.stop, period.abort]);
  within.addEventListener('abort', () => undefined, { once: true });
  period.over();
  t.true(within.aborted);
  for (const { signal } of [stop, abort]) t.is(getEventListeners(signal, 'abort').length, 0);
  t.false(stop.signal.aborted || abort.signal.aborted);
});

test('a period that is over ends whatever still listens to its signals', (t) => {
  const stopping = new AbortController();
  const signals = periodSignals([stopping.signal], [stopping.signal]);
  const derived = AbortSignal.any([signals.stop, signals.abort]);
  t.false(derived.aborted);
  signals.over();
  t.true(signals.stop.aborted);
  t.true(signals.abort.aborted);
  t.true(derived.aborted);
  t.false(stopping.signal.aborted);
});
