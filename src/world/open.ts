import type { WorldPlan } from './plan.ts';
import { dockerStage } from './docker.ts';
import { givenStage } from './given.ts';
import { loopbackStage } from './loopback.ts';
import { netnsStage } from './netns.ts';
import { sshStage } from './ssh.ts';
import { simulatedStage } from './simulated.ts';
import type { Setting, Stage } from './stage.ts';

/** The one place where the kinds of worlds are told apart. */
export function openWorld(plan: WorldPlan, setting: Setting): Stage {
  switch (plan.kind) {
    case 'netns':
      return netnsStage(plan, setting);
    case 'loopback':
      return loopbackStage(plan, setting);
    case 'docker':
      return dockerStage(plan, setting);
    case 'given':
      return givenStage(plan, setting);
    case 'ssh':
      return sshStage(plan, setting);
    case 'simulated':
      return simulatedStage(plan, setting);
  }
}
