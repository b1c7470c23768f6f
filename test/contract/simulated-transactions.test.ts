import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Event } from '../../src/history/event.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import {
  tellTransactions,
  TRANSACTION_CASES,
  transactionScenario,
  type TransactionFacts,
} from './transaction-cases.ts';

/** The contract in transactions, the model's side: every case, in both versions, on several seeds, with either coordination. */
const told = new Map<string, TransactionFacts[]>();

for (const mode of ['zookeeper', 'kraft-separate'] as const) {
  for (const seed of [1, 2, 3]) {
    test.before(async () => {
      const clock = virtualClock();
      const scenario = transactionScenario([1, 2]);
      const events: Event[] = [];
      const world = simulatedWorld({
        scenario,
        mode,
        clock,
        random: seededRandom(seed),
        onEvent: (event) => events.push(event),
      });
      const work = world.db.setup().then(() => tellTransactions({ ...world, events, scenario }, [1, 2]));
      told.set(`${mode}, seed ${seed}`, await clock.drive(work));
    });
  }
}

for (const { name, facts } of TRANSACTION_CASES) {
  test(name, (t) => {
    for (const [where, versions] of told)
      for (const { version, cases } of versions)
        t.deepEqual(cases[name], facts(version), `version ${version}, ${where}`);
  });
}
