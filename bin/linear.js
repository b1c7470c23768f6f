// The linearizability checker as a library: docs/linearizability.md. Loads the sources without changing how the program
// that imports it loads its own.
import { nodeStripsTypes } from '../src/core/sources.js';

const load = nodeStripsTypes ? (path) => import(path) : await scoped();

async function scoped() {
  const { register } = await import('tsx/esm/api');
  const sources = register({ namespace: 'kept' });
  return (path) => sources.import(path, import.meta.url);
}

export const { check } = await load('../src/linear/check.ts');
export const { modelNamed } = await load('../src/linear/models/catalog.ts');
export const { readHistory } = await load('../src/linear/format/read-history.ts');
