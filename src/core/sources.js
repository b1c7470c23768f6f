// The TypeScript sources run as they are: no build step stands between a clone and a run. Node strips the types itself
// from 22.18 on, except inside node_modules; before that, and there, tsx does.
import module from 'node:module';

const isInstalled = import.meta.url.includes('/node_modules/');
export const nodeStripsTypes = Boolean(process.features.typescript) && !isInstalled;

// What was compiled and stripped once is found again by the next process.
module.enableCompileCache?.();

/** From now on this thread can import the sources. */
export async function registerSources() {
  if (nodeStripsTypes) return;
  const { register } = await import('tsx/esm/api');
  register();
  // Source maps cost a tenth of a second to load, and stack traces are only read where a defect is looked for.
  if (process.env.KEPT_DEBUG === undefined) process.setSourceMapsEnabled(false);
}
