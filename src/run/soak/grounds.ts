import { join } from 'node:path';
import type { Event } from '../../history/event.ts';
import { createEncoder } from '../../history/value.ts';
import { openWorld } from '../../world/open.ts';
import type { Stage, Tools } from '../../world/stage.ts';
import type { World } from '../../world/world.ts';
import { TOPIC, type Plan } from '../plan.ts';
import { settingOf } from '../run-info.ts';

/** Where the periods of a soak take place: on one cluster that lives on, or, where a run's world cannot, each in one of its own. */
export interface Grounds {
  /** For the next period; its clock begins anew. */
  next(plan: Plan): {
    stage: Pick<Stage, 'clock' | 'info' | 'secrets' | 'drive'>;
    open: (tools: Tools) => Promise<World>;
  };
  /** Told of by the nodes themselves, whatever period they belong to. */
  onEvent(record: (event: Event) => void): void;
  /** Brings back whatever node is down or paused. @returns what was done, in words. */
  recover(): Promise<string[]>;
  close(): Promise<void>;
}

/** @throws Failure where the cluster does not come up. */
export async function openGrounds(plan: Plan): Promise<Grounds> {
  const stage = openWorld(plan.world, settingOf(plan));
  if (!livesOn(plan)) {
    return {
      next(period) {
        const own = openWorld(plan.world, settingOf(period));
        return { stage: own, open: (tools) => own.build(tools) };
      },
      onEvent() {},
      recover: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
  }
  let record: (event: Event) => void = () => undefined;
  const encode = createEncoder({ run: plan.run, topic: TOPIC, sizeBytes: plan.scenario.load.recordBytes });
  const cluster = await stage.build({ encode, record: (event) => record(event) });
  try {
    await cluster.db.setup();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return {
    next(period) {
      if ('restart' in stage.clock) stage.clock.restart();
      const { run, scenario, seed } = period;
      return {
        stage: { clock: stage.clock, info: stage.info, ...(stage.secrets && { secrets: stage.secrets }) },
        open: (tools) => cluster.another!({ run, scenario, seed, topic: period.topic!, ...tools }),
      };
    },
    onEvent: (to) => (record = to),
    async recover() {
      const done: string[] = [];
      for (const { name } of cluster.nodes) {
        const evidence = await cluster.db.recover?.(name);
        if (evidence != null) done.push(`${name}: ${evidence}`);
      }
      return done;
    },
    close: () => cluster.close(),
  };
}

/** Somebody's cluster lives on by itself, and the model begins each period anew. */
function livesOn({ world }: Plan): boolean {
  return world.kind !== 'given' && world.kind !== 'simulated';
}

/** Where the evidence of a period is put, beside its history. */
export const dataDirectoryOf = (directory: string): string => join(directory, 'data');
