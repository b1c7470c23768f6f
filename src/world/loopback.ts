import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { realClock } from '../core/clock.ts';
import { seededRandom } from '../core/random.ts';
import { createLoopbackLab } from '../control/loopback/lab.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { behindProxy } from './behind-proxy.ts';
import { kafkaInfo, kafkaWorld } from './kafka.ts';
import type { LoopbackPlan } from './plan.ts';
import type { Setting, Stage } from './stage.ts';

/** Below the run directory, while the run goes on. */
const DATA = 'data';

/** Real Kafka as processes of this machine. */
export function loopbackStage({ distribution, dataDirectory }: LoopbackPlan, setting: Setting): Stage {
  const clock = realClock();
  const ownData = dataDirectory === null ? join(setting.directory, DATA) : null;
  return {
    clock,
    info: kafkaInfo('loopback', distribution),
    async build({ encode, record }) {
      const lab = await behindProxy(
        await createLoopbackLab(planNodes(setting.mode, setting.scenario.brokers)),
        { ...setting, clock },
      );
      return kafkaWorld({
        ...setting,
        lab: {
          ...lab,
          async close() {
            await lab.close();
            if (ownData !== null) await rm(ownData, { recursive: true, force: true });
          },
        },
        distribution,
        dataDirectory: ownData ?? dataDirectory!,
        clock,
        random: seededRandom(setting.seed),
        encode,
        onEvent: record,
      });
    },
  };
}
