// For esbuild: what a file asks about itself (import.meta.url, .dirname, .filename) it is told of the file that it was before it
// was compiled.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

function ofFile(file) {
  return { url: pathToFileURL(file).href, dirname: dirname(file), filename: file };
}

/** To be given as `define`, beside the plugin. */
export const placeOfFileDefines = Object.fromEntries(
  Object.keys(ofFile('')).map((name) => [`import.meta.${name}`, `file_${name}`]),
);

export const placeOfFile = {
  name: 'a file knows where it is',
  setup: (esbuild) => esbuild.onLoad({ filter: /\.[jt]s$/ }, withAnswers),
};

function withAnswers({ path }) {
  const text = readFileSync(path, 'utf8');
  const answers = Object.entries(ofFile(path)).map(
    ([name, value]) => `file_${name} = ${JSON.stringify(value)}`,
  );
  return {
    // On the same line, so that all lines keep their numbers.
    contents: text.includes('import.meta') ? `const ${answers.join(', ')}; ${text}` : text,
    loader: path.endsWith('.ts') ? 'ts' : 'js',
  };
}
