// The TypeScript sources run as they are: no build step stands between a clone and a run. Node strips the types itself
// from 22.18 on, except inside node_modules; before that, and there, tsx does.
import module from 'node:module';

const isInstalled = import.meta.url.includes('/node_modules/');
export const nodeStripsTypes = Boolean(process.features.typescript) && !isInstalled;

// What was compiled and stripped once is found again by the next process.
module.enableCompileCache?.();
