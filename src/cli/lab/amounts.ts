import { EXIT, Failure } from '../../core/failure.ts';

/** `20%`, or `20`. @throws Failure (usage) for what is no part of a hundred. */
export function parsePercent(word: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(word)?.[1]);
  if (percent > 0 && percent < 100) return percent;
  throw new Failure(`"${word}" is no part of the packets that could be lost.`, {
    hint: 'More than 0% and less than 100%, for example 20%; "cut" loses all of them.',
    exitStatus: EXIT.usage,
  });
}

/** `200ms`, `1.5s`, or `200`, in milliseconds. @throws Failure (usage) */
export function parseLength(word: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(word) ?? [];
  const ms = Number(number) * (unit === 's' ? 1_000 : 1);
  if (ms > 0 && ms <= 60_000) return ms;
  throw new Failure(`"${word}" is no time by which packets could be late.`, {
    hint: 'At most a minute, for example 200ms or 1.5s.',
    exitStatus: EXIT.usage,
  });
}
