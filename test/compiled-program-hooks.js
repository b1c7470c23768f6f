// The program itself is another file than Node was told; all else is where that file says.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(import.meta.dirname);
let compiled = '';

export function initialize(directory) {
  compiled = directory;
}

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  if (context.parentURL !== undefined || !found.url.endsWith('.ts')) return found;
  const file = relative(ROOT, fileURLToPath(found.url)).replace(/\.ts$/, '.js');
  return { ...found, url: pathToFileURL(join(compiled, file)).href, format: 'module' };
}
