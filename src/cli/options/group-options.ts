import { Option, type Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { COMMIT_WAYS, GROUP_PROTOCOLS, type CommitWay, type GroupProtocol } from '../../history/group.ts';
import { CHURN_KINDS, type ChurnKind } from '../../scenario/group-schema.ts';
import type { Scenario } from '../../scenario/schema.ts';
import { parseCount, parseDurationMs, parseList } from './parse.ts';

/** The options that ask for a consumer group, or change it. Each of them asks for one. */
export interface GroupOptions {
  groupMembers?: number;
  groupProtocol?: GroupProtocol;
  groupCommit?: CommitWay;
  groupStatic?: true;
  groupSessionTimeout?: number;
  groupChurn?: string[];
}

export function addGroupOptions(command: Command): Command {
  return command
    .optionsGroup('A consumer group (docs/groups.md):')
    .option(
      '--group-members <n>',
      'a group of so many reads the topic, each a program of its own; so with every option here (3)',
      parseCount,
    )
    .addOption(
      new Option(
        '--group-protocol <which>',
        'how partitions are shared out; consumer: KIP-848, Kafka 4.0 and newer (classic)',
      ).choices([...GROUP_PROTOCOLS]),
    )
    .addOption(
      new Option(
        '--group-commit <how>',
        'manual: what was recorded is committed; automatic: by the library, and less can be said; transaction: what is read is copied to the second half of the partitions, exactly once (manual)',
      ).choices([...COMMIT_WAYS]),
    )
    .option('--group-static', 'members have names that outlive them (group.instance.id)')
    .option(
      '--group-session-timeout <time>',
      'after so long without a heartbeat a member is gone (6s)',
      parseDurationMs,
    )
    .option(
      '--group-churn <list>',
      `what is done to members meanwhile: ${CHURN_KINDS.join(',')}; or none (all)`,
      parseList,
    );
}

/** Which library the members are, if nothing is said. */
const LIBRARY_DEFAULT = 'java';
/** What `--group-churn` takes in the place of kinds: the members are left alone. */
const NO_CHURN = 'none';

/** The parts of a scenario that say what reads, where a group does; nothing where none is asked for. */
export function groupOf({ group: before, consumer }: Scenario, options: GroupOptions): object {
  const { groupMembers, groupProtocol, groupCommit, groupStatic, groupSessionTimeout, groupChurn } = options;
  const changes = {
    ...(groupMembers !== undefined && { members: groupMembers }),
    ...(groupProtocol !== undefined && { protocol: groupProtocol }),
    ...(groupCommit !== undefined && { commit: groupCommit }),
    ...(groupStatic !== undefined && { staticMembership: groupStatic }),
    ...(groupSessionTimeout !== undefined && { sessionTimeoutMs: groupSessionTimeout }),
    ...(groupChurn !== undefined && { churn: churnOf(groupChurn, before) }),
  };
  if (before === undefined && Object.keys(changes).length === 0) return {};
  return {
    group: { ...before, ...changes },
    consumers: 0,
    ...(consumer === undefined && { consumer: { library: LIBRARY_DEFAULT } }),
  };
}

/** @throws Failure (usage) for a kind that there is not */
function churnOf(words: readonly string[], before: Scenario['group']): object | null {
  if (words.length === 1 && words[0] === NO_CHURN) return null;
  const unknown = words.find((word) => !CHURN_KINDS.includes(word as ChurnKind));
  if (unknown === undefined) return { ...before?.churn, mix: words };
  throw new Failure(`Nothing that is done to members is called "${unknown}".`, {
    hint: `Known are ${CHURN_KINDS.join(', ')}; or "${NO_CHURN}" alone.`,
    exitStatus: EXIT.usage,
  });
}
