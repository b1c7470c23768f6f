import { counted, listed } from '../core/words.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { LabKind } from '../world/plan.ts';
import type { Plan } from './plan.ts';

/**
 * What a plan says of the processes that share the workers: nothing where it is this one alone. Where the load has hosts of its
 * own, there is a process on each of them at least.
 * @throws Failure (usage) where there are more processes than workers, or fewer than hosts.
 */
export function sharedLoad(
  { load, producer }: Scenario,
  wanted: number | undefined,
): Pick<Plan, 'processes'> {
  const hosts = loadHostsOf(load);
  const processes = wanted ?? hosts;
  if (hosts === 0 && (processes === 0 || processes === 1)) return {};
  if (producer.transactions !== undefined || load.script !== undefined)
    throw new Failure(
      'workers that write in transactions, or by a script, must live in the process of the run',
      {
        hint: 'leave --processes out',
        exitStatus: EXIT.usage,
      },
    );
  if (processes < hosts)
    throw new Failure(
      `${counted(hosts, 'host')} of the load cannot share ${counted(processes, 'process', 'processes')}`,
      {
        hint: `leave --processes out, or set it to ${hosts} or more`,
        exitStatus: EXIT.usage,
      },
    );
  if (processes <= load.workers) return { processes };
  throw new Failure(
    `${counted(load.workers, 'worker')} cannot be shared among ${processes} processes: each needs one at least`,
    {
      hint: `set ${wanted === undefined ? '--load-hosts' : '--processes'} to ${load.workers} or less, or --workers higher`,
      exitStatus: EXIT.usage,
    },
  );
}

/** How many hosts of its own the load has. */
export function loadHostsOf({ hosts = 0 }: Pick<Scenario['load'], 'hosts'>): number {
  return typeof hosts === 'number' ? hosts : hosts.length;
}

/** @throws Failure (usage) where the load is to live on hosts that this kind of lab cannot give. */
export function assertLoadHosts({ load: { hosts } }: Scenario, lab: LabKind | 'given'): void {
  if (hosts === undefined) return;
  const refuse = (message: string, hint: string): never => {
    throw new Failure(message, { hint, exitStatus: EXIT.usage });
  };
  if (lab === 'loopback')
    refuse(
      '--load-hosts asks for hosts, and a lab of processes has none',
      'use --lab netns, or --processes for more processes of this machine',
    );
  const isOwn = lab === 'netns' || lab === 'docker';
  if (isOwn && typeof hosts !== 'number')
    refuse(
      `--load-hosts names ${listed(hosts)}, and this lab makes its hosts itself`,
      'say how many: --load-hosts 2',
    );
  if (!isOwn && typeof hosts === 'number')
    refuse(
      `--load-hosts asks for ${counted(hosts, 'host')} to be made, and ${lab === 'given' ? 'beside a cluster that is there already kept makes' : 'a lab of hosts behind SSH makes'} none`,
      `name hosts that are reached by SSH: --load-hosts user@a,user@b${lab === 'given' ? `; or share the workers among processes of this machine: --processes ${hosts}` : ''}`,
    );
}

/** @throws Failure (usage) where the load of the model is to be shared. */
export function assertOneProcess({ load }: Scenario, processes: number | undefined): void {
  if (processes === undefined && load.hosts === undefined) return;
  const option = processes === undefined ? '--load-hosts' : '--processes';
  throw new Failure(`${option} shares the load of a real cluster, and --simulate asks for a model of it`, {
    hint: 'leave one of them out: the model and its load are one process, in virtual time',
    exitStatus: EXIT.usage,
  });
}
