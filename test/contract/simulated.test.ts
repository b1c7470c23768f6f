import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Event } from '../../src/history/event.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { CASES, contractScenario, tellAll, type Facts } from './cases.ts';

/** The contract between model and Kafka, the model's side: every case, on several seeds, with either kind of coordination. */
const told = new Map<string, Record<string, Facts>>();

// Not combined: two of three brokers would take the majority of the controllers with them.
for (const mode of ['zookeeper', 'kraft-separate'] as const) {
  for (const seed of [1, 2, 3, 4]) {
    test.before(async () => {
      const clock = virtualClock();
      const scenario = contractScenario();
      const events: Event[] = [];
      const world = simulatedWorld({
        scenario,
        mode,
        clock,
        random: seededRandom(seed),
        onEvent: (event) => events.push(event),
      });
      const work = world.db.setup().then(() => tellAll({ ...world, events, scenario }));
      told.set(`${mode}, seed ${seed}`, await clock.drive(work));
    });
  }
}

for (const { name, facts } of CASES) {
  test(name, (t) => {
    for (const [where, facts_] of told) t.deepEqual(facts_[name], facts, where);
  });
}
