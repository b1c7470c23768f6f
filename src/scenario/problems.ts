import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { scenarioJsonSchema } from './json-schema.ts';

/**
 * What is wrong with a scenario, as a person can mend it: where it stands, what stands there, what could stand there, and
 * which of these was probably meant.
 */
export function problemsOf(error: z.ZodError, value: unknown): string[] {
  return error.issues.flatMap((issue) => problemsIn(issue, [], value));
}

/** `nemesis.script[1].fault.kind` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('');
}

function problemsIn(issue: z.core.$ZodIssue, above: readonly PropertyKey[], value: unknown): string[] {
  const path = [...above, ...issue.path];
  const found = valueAt(value, path);
  const where = path.length === 0 ? 'the scenario' : pathText(path);
  switch (issue.code) {
    case 'invalid_union': {
      if ('options' in issue && Array.isArray(issue.options))
        return [`${where}: ${noneOf(found, issue.options.map(String), String(path.at(-1)))}`];
      const literals = issue.errors.flatMap((errors) => errors.flatMap(literalsOf));
      const isChoice = issue.errors.every((errors) => errors.every((inner) => inner.path.length === 0));
      if (isChoice && literals.length === issue.errors.length)
        return [`${where}: ${noneOf(found, literals)}`];
      return branchOf(issue.errors, found).flatMap((inner) => problemsIn(inner, path, value));
    }
    case 'invalid_value':
      return [`${where}: ${noneOf(found, issue.values.map(String))}`];
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = keysAt(path);
        const choices = known.length === 0 ? '' : `; ${known.join(', ')}`;
        return `${where}: ${JSON.stringify(key)} is no field here${choices}${meant(key, known)}`;
      });
    case 'invalid_type':
      return [
        found === undefined
          ? `${where}: is missing; expected ${issue.expected}`
          : `${where}: ${shown(found)} is not of the type ${issue.expected}`,
      ];
    case 'too_small':
      return [`${where}: ${shown(found)} is too small; at least ${issue.minimum}`];
    case 'too_big':
      return [`${where}: ${shown(found)} is too large; at most ${issue.maximum}`];
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return [`${where}: ${shown(found)}: ${issue.message}`];
  }
}

function noneOf(found: unknown, known: readonly string[], noun = ''): string {
  if (found === undefined) return `is missing; ${known.join(', ')}`;
  const what = noun === 'kind' ? 'no kind' : 'none of the choices';
  return `${shown(found)} is ${what}; ${known.join(', ')}${meant(found, known)}`;
}

function meant(found: unknown, known: readonly string[]): string {
  const near = typeof found === 'string' ? nearest(found, known) : null;
  return near === null ? '' : ` (did you mean ${near}?)`;
}

function literalsOf(issue: z.core.$ZodIssue): string[] {
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

/** Of several shapes the one whose fields are there. */
function branchOf(
  branches: readonly (readonly z.core.$ZodIssue[])[],
  found: unknown,
): readonly z.core.$ZodIssue[] {
  const names = new Set(typeof found === 'object' && found !== null ? Object.keys(found) : []);
  const isMeant = (issues: readonly z.core.$ZodIssue[]) =>
    !issues.some((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0) ||
    issues.every((issue) => issue.path.length > 0 && names.has(String(issue.path[0])));
  return branches.find(isMeant) ?? branches.toSorted((one, other) => one.length - other.length)[0] ?? [];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

/** The names that an object at that place may have, by the JSON Schema. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let nodes: Schema[] = [scenarioJsonSchema()];
  for (const step of path) {
    nodes = nodes
      .flatMap(alternatives)
      .map((node) => (typeof step === 'number' ? node.items : node.properties?.[String(step)]))
      .filter((node) => node !== undefined);
  }
  return [...new Set(nodes.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

function alternatives(node: Schema): Schema[] {
  const choices = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return choices.length === 0 ? [node] : choices.flatMap(alternatives);
}
