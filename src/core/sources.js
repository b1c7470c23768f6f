// The TypeScript sources run as they are: no build step stands between a clone and a run. Node strips the types itself
// from 22.18 on, except inside node_modules; before that, and there, they are compiled once (compiled-sources.js), or, where
// that cannot be kept, tsx does it on the way: that takes half a second more of a processor, and 40 MB.
import module from 'node:module';

const isInstalled = import.meta.url.includes('/node_modules/');
export const nodeStripsTypes = Boolean(process.features.typescript) && !isInstalled;

// What was compiled and stripped once is found again by the next process.
module.enableCompileCache?.();

/** @returns what imports a source in this thread, by its path below src. Of COMPILED in compiled-sources.js only those. */
export async function sourceLoader() {
  // Not a pattern, which would be every file to whoever compiles this one.
  const asItIs = (path) => import(new URL(`../${path}`, import.meta.url).href);
  if (nodeStripsTypes) return asItIs;
  const isDebugging = process.env.KEPT_DEBUG !== undefined;
  const { compiledSources } = await import('./compiled-sources.js');
  const compiled = await compiledSources();
  if (compiled !== null) {
    if (isDebugging) process.setSourceMapsEnabled(true);
    return compiled;
  }
  const { register } = await import('tsx/esm/api');
  register();
  // Source maps cost a tenth of a second to load, and stack traces are only read where a defect is looked for.
  if (!isDebugging) process.setSourceMapsEnabled(false);
  return asItIs;
}
