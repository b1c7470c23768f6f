import type { Command } from 'commander';
import { LAB_COMMANDS } from './program.ts';

/**
 * What may come next on the command line of a lab.
 * @param words the command and what stands behind it; the last one is still being written.
 */
export function candidates(
  program: Command,
  words: readonly string[],
  names: { nodes: readonly string[]; topics: readonly string[] },
): string[] {
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const starting = (all: readonly string[]): string[] => all.filter((word) => word.startsWith(last));
  const [name] = before;
  if (name === undefined) return starting(LAB_COMMANDS);
  let command = program.commands.find((known) => known.name() === name);
  if (name === 'help') return before.length === 1 ? starting(LAB_COMMANDS) : [];
  if (command === undefined) return [];
  if (command.commands.length > 0) {
    const second = before[1];
    if (second === undefined) return starting(command.commands.map((known) => known.name()));
    command = command.commands.find((known) => known.name() === second);
    if (command === undefined) return [];
  }
  if (last.startsWith('-'))
    return starting([...command.options.flatMap(({ long }) => (long == null ? [] : [long])), '--help']);
  if (before.at(-1) === '--acks') return starting(['0', '1', 'all']);
  const wanted = command.registeredArguments[0]?.name();
  if (wanted === 'topic' || wanted === 'name') return starting(names.topics);
  if (wanted === 'groups') {
    // Nodes of a group are joined by commas: only the last of them is still being written.
    const comma = last.lastIndexOf(',') + 1;
    const head = last.slice(0, comma);
    return [...ROLES, ...names.nodes, 'client']
      .map((node) => `${head}${node}`)
      .filter((word) => word.startsWith(last));
  }
  if (IMPAIRS.has(name)) return starting([...ROLES, ...names.nodes, 'client']);
  return wanted === undefined ? [] : starting([...ROLES, ...names.nodes]);
}

/** They take the workers' place for a node, too. */
const IMPAIRS: ReadonlySet<string> = new Set(['slow', 'flaky']);
const ROLES = ['leader', 'controller'];
