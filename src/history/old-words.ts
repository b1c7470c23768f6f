/**
 * Words that older histories use for what has another name today. Whatever is read passes through here, so that the
 * rest of the program knows today's words only.
 */
export const OLD_MODES = ['exactly-once', 'at-least-once'] as const;

/** `mode: "at-least-once"` was the older word for `clientRetries: true`. */
export function retriesInOldWords(mode: (typeof OLD_MODES)[number]): boolean {
  return mode === 'at-least-once';
}

/** The same facts about a run in today's words; anything else as it is. */
export function inTodaysWords<Info>(info: Info): Info;
export function inTodaysWords(info: unknown): unknown {
  if (!isObject(info) || !isObject(info['contract'])) return info;
  const { mode, ...contract } = info['contract'];
  if (!OLD_MODES.includes(mode as never)) return info;
  return { ...info, contract: { ...contract, clientRetries: retriesInOldWords(mode as never) } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
