import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { Event } from '../../src/history/event.ts';
import { Surveyor } from '../../src/report/figures/survey.ts';
import { gravest } from '../../src/report/text/causes.ts';
import { fallsOf } from '../../src/report/timeline/falls.ts';
import { lanesOf } from '../../src/report/timeline/lanes.ts';
import { Losses } from '../../src/report/timeline/losses.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { simulate } from '../../src/run/simulate.ts';
import { endsOf } from '../history/sample.ts';

/** Pictures of whole simulated runs, held against their events. */
const SEEDS = 120;
const timeOf = (event: Event) => ('timeNs' in event ? event.timeNs : event.completeNs);

test.serial(
  'in simulated runs no arrow contradicts an end offset, and what does not run neither leads nor controls',
  async (t) => {
    const seen = { told: 0, implied: 0, powerLosses: 0, leaders: 0, controllers: 0, rests: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { run } = await simulate({ ...drawScenario(seed), seed });
      const losses = new Losses();
      const result = check(run, { claim: 'kept', onAnomaly: (anomaly) => losses.add(anomaly) });
      const focus = losses.focusFor(result);
      t.is(focus.partition, gravest(result)?.partition ?? 0);
      const { overTime } = new Surveyor(run).survey(focus);
      const findings = result.findings.filter(
        ({ kind, partition }) => kind.startsWith('lost') && partition === focus.partition,
      );

      const falls = fallsOf({
        events: run.events,
        ends: endsOf(run).filter(({ partition }) => partition === focus.partition),
        nodes: run.info.nodes,
        partition: focus.partition,
        findings,
        acked: overTime.acked,
        bucketNs: overTime.bucketNs,
        acksAll: run.info.contract.acks === 'all',
      });
      for (const { node, id, timeNs, to, provenNs } of falls) {
        if (provenNs === undefined) {
          seen.told++;
          continue;
        }
        seen.implied++;
        if (falls.some((fall) => fall.node === node && fall.provenNs === provenNs && fall.timeNs < provenNs))
          seen.powerLosses++;
        const taken = findings.filter(({ leader, offsets }) => leader?.id === id && offsets![0] === to);
        t.true(
          taken.some(({ timeNs: acknowledged }) => acknowledged![1] <= timeNs),
          `seed ${seed}`,
        );
        for (const event of endsOf(run)) {
          if (event.partition !== focus.partition || event.broker !== id) continue;
          const isBetween = event.completeNs > timeNs && event.completeNs < provenNs;
          t.false(isBetween && event.offset > to, `seed ${seed}: an end of ${event.offset} after the arrow`);
        }
      }

      const endNs = Math.max(...run.events.map(timeOf));
      for (const { node, leading, controlling } of lanesOf(run.info, run.events, focus.partition, endNs)) {
        const states = run.events.flatMap((event) =>
          event.type === 'node' && event.node === node.name ? [event] : [],
        );
        for (const [index, { state, timeNs }] of states.entries()) {
          if (state === 'up') continue;
          seen.rests++;
          const untilNs = states[index + 1]?.timeNs ?? endNs;
          for (const bar of [...leading, ...controlling])
            t.false(bar.fromNs < untilNs && bar.toNs > timeNs, `seed ${seed}: ${node.name} is ${state}`);
        }
        seen.leaders += leading.length;
        seen.controllers += controlling.length;
      }
    }
    t.log(seen);
    for (const [what, count] of Object.entries(seen)) t.true(count > 0, what);
  },
);
