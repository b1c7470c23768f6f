/**
 * The one file that knows @platformatic/kafka. It is loaded when it is first used: with what it brings along, a JSON schema
 * compiler among it, it takes longer than everything else that a command loads.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Producer as AnyProducer } from '@platformatic/kafka';

export type Producer = AnyProducer;
export type Transaction = NonNullable<Producer['transaction']>;

export function loadPlatformatic(): Promise<typeof import('@platformatic/kafka')> {
  return import('@platformatic/kafka');
}

/** Of the library that is installed, without loading it. */
export function platformaticVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@platformatic/kafka');
  const text = readFileSync(new URL('../package.json', `file://${entry}`), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
