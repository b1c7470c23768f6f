// The program of the reaper: it runs in a container of its own and holds a connection to the tool, which is its standard
// input. Once that ends, by whatever death of the tool, everything that carries the run's label is removed, and the
// reaper with it (it was started to be removed at its end). Plain JavaScript of Node alone.
//
// Usage: node --input-type=module -e THIS LABEL=VALUE
import { once } from 'node:events';
import { request } from 'node:http';
import { hostname } from 'node:os';

const SOCKET = '/var/run/docker.sock';
/** A container that the dying tool asked for last may come only now: it has to be quiet for so many looks. */
const QUIET_LOOKS = 4;
const LOOK_EVERY_MS = 300;
const ORDERLY_LOOK_EVERY_MS = 50;
const LOOKS_MAX = 200;

const label = process.argv.at(-1);
const filters = encodeURIComponent(JSON.stringify({ label: [label] }));

function ask(method, path) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: SOCKET, method, path }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const list = async (path) => {
  const { status, text } = await ask('GET', path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text);
};

/** @returns how many things were there. */
async function removeAll() {
  const itself = hostname();
  const containers = (await list(`/containers/json?all=1&filters=${filters}`)).filter(
    ({ Id }) => !Id.startsWith(itself),
  );
  await Promise.all(containers.map(({ Id }) => ask('DELETE', `/containers/${Id}?force=1&v=1`)));
  const networks = await list(`/networks?filters=${filters}`);
  await Promise.all(networks.map(({ Id }) => ask('DELETE', `/networks/${Id}`)));
  const volumes = (await list(`/volumes?filters=${filters}`)).Volumes ?? [];
  await Promise.all(volumes.map(({ Name }) => ask('DELETE', `/volumes/${encodeURIComponent(Name)}`)));
  return containers.length + networks.length + volumes.length;
}

// It answers only once it is able to do what it is for.
await list(`/containers/json?filters=${filters}`);
process.stdout.write('ready\n');
// A tool that ends in good order says so first: then nothing is under way any more.
let isOrderly = false;
process.stdin.on('data', () => (isOrderly = true));
await once(process.stdin, 'end');

const enough = isOrderly ? 1 : QUIET_LOOKS;
const still = new Int32Array(new SharedArrayBuffer(4));
for (let look = 0, quiet = 0; look < LOOKS_MAX && quiet < enough; look++) {
  const found = await removeAll().catch(() => 1);
  quiet = found === 0 ? quiet + 1 : 0;
  if (quiet < enough) Atomics.wait(still, 0, 0, isOrderly ? ORDERLY_LOOK_EVERY_MS : LOOK_EVERY_MS);
}
