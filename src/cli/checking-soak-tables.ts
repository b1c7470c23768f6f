import { grouped } from '../core/words.ts';
import { assertWithinEngines } from '../engine/limits.ts';
import { Unusable } from '../engine/unusable.ts';
import { openTables, type Tables } from '../history/tables/open-tables.ts';
import { areSoakTables } from '../run/soak/soak-tables.ts';
import {
  assertMakesSense,
  type HowToCheck,
  judgeTables,
  passingTables,
  sparkFor,
} from './checking-tables.ts';
import { PassingPlaces } from './passing-places.ts';
import { checkSoak, checkSoakTables } from './soaking.ts';
import { say } from './terminal/print.ts';

/**
 * Judges a soak, or its tables, with an engine: each history by itself, and then all of them together. The result is only said.
 * @returns the exit status.
 */
export async function checkSoakByTables(path: string, how: HowToCheck): Promise<number> {
  assertMakesSense(how);
  const places = new PassingPlaces();
  const spark = sparkFor(how);
  const judge = async (tables: Tables) => {
    const judged = await Unusable.unless(() => judgeTables(tables, how, places, spark));
    if (judged.engine !== null) engines.add(judged.engine);
    left += judged.run.leftOut?.writes ?? 0;
    return judged;
  };
  const engines = new Set<string>();
  let left = 0;
  try {
    if (areSoakTables(path)) {
      return await checkSoakTables(path, {
        ...how,
        judge: async (segment) => judge(await openTables(segment)),
      });
    }
    return await checkSoak(path, {
      ...how,
      async judge(run) {
        await Unusable.unless(async () => assertWithinEngines(run.info));
        const { directory, ...tables } = await passingTables(run, how, places);
        const { result } = await judge({ directory, ...tables });
        places.remove(directory);
        return result;
      },
    });
  } finally {
    await spark.close();
    if (engines.size > 0)
      say(
        `kept: ${[...engines].join(', ')} sorted out which rows matter: ${grouped(left)} writes are in order.\n`,
      );
    places.clear();
  }
}
