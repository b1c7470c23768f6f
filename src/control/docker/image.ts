import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { spawn } from '../../core/child-process.ts';
import { execa } from '../../core/execa.ts';
import { Failure } from '../../core/failure.ts';
import { statusOf, toldBy, withEngine, type Engine } from './engine.ts';

/** Whether the daemon has an image. */
export async function hasImage({ api }: Engine, name: string): Promise<boolean> {
  return withEngine(`look for the image ${name}`, async () => {
    try {
      await api.getImage(name).inspect();
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  });
}

export interface ImageRecipe {
  repository: string;
  /** A digest of all that goes into it, so an image that is there is the right one. */
  tag: string;
  /** Lines as in a Dockerfile: `CMD ["/run"]`, `ENV A=b`. */
  instructions?: readonly string[];
}

/**
 * Makes an image under `repository:tag` unless the daemon has it.
 * @param fill puts the image's files below a directory.
 */
export async function ensureImage(
  engine: Engine,
  { repository, tag, instructions = [] }: ImageRecipe,
  fill: (root: string) => Promise<void>,
): Promise<string> {
  const name = `${repository}:${tag}`;
  if (await hasImage(engine, name)) return name;
  const root = await mkdtemp(join(tmpdir(), 'kept-image-'));
  try {
    await fill(root);
    const archive = archiveOf(root);
    await withEngine(`import the image ${name}`, async () => {
      await followed(
        await engine.api.importImage(archive, { repo: repository, tag, changes: [...instructions] }),
      );
    });
    return name;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Gives an image one more name, taking it from the one that has it. */
export async function nameImage(
  engine: Engine,
  image: string,
  as: { repository: string; tag: string },
): Promise<string> {
  await withEngine(`name the image ${image}`, () =>
    engine.api.getImage(image).tag({ repo: as.repository, tag: as.tag }),
  );
  return `${as.repository}:${as.tag}`;
}

/** A directory as a stream of tar; the owner of everything in it is root. */
export function archiveOf(directory: string): NodeJS.ReadableStream {
  const tar = spawn('tar', ['-C', directory, '--owner=0', '--group=0', '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  tar.once('error', (error) => tar.stdout.destroy(error));
  tar.once('exit', (status) => {
    if (status !== 0) tar.stdout.destroy(new Failure(`tar could not pack ${directory} (status ${status}).`));
  });
  return tar.stdout;
}

/** Unpacks a stream of tar into a directory. */
export async function unpack(archive: NodeJS.ReadableStream, directory: string): Promise<void> {
  const { failed, stderr, shortMessage } = await execa(
    'tar',
    ['-C', directory, '--no-same-owner', '-xf', '-'],
    {
      input: archive as Readable,
      reject: false,
    },
  );
  if (failed) throw new Failure(`tar could not unpack into ${directory}: ${stderr || shortMessage}.`);
}

/** One message of a pull or an import, as the daemon streams them. */
export interface Told {
  id?: string;
  status?: string;
  error?: string;
  progressDetail?: { current?: number; total?: number };
}

/** Reads the messages of a long request to their end. @throws what the daemon says went wrong. */
export async function followed(
  stream: NodeJS.ReadableStream,
  onTold: (told: Told) => void = () => undefined,
): Promise<void> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line, onTold);
  }
  take(rest, onTold);
}

function take(line: string, onTold: (told: Told) => void): void {
  if (line.trim() === '') return;
  const told = JSON.parse(line) as Told;
  if (told.error !== undefined) throw new Error(told.error);
  onTold(told);
}

/**
 * Fetches an image that the daemon does not have.
 * @throws Failure when the registry has none of that name, or cannot be reached.
 */
export async function pullImage(
  engine: Engine,
  name: string,
  say: (line: string) => void = () => undefined,
): Promise<void> {
  if (await hasImage(engine, name)) return;
  const full = name.includes('@') || /:[^/]*$/.test(name) ? name : `${name}:latest`;
  say(`Pulling ${full}`);
  const progress = pullProgress(say);
  try {
    await followed(await engine.api.pull(full), progress);
  } catch (error) {
    throw notPulled(full, toldBy(error));
  }
}

const MEGABYTE = 1e6;
/** So much of an image comes between two lines. */
const STEP = 0.1;

/** A line for each tenth of what is known to be fetched. */
export function pullProgress(say: (line: string) => void): (told: Told) => void {
  const layers = new Map<string, { current: number; total: number }>();
  let next = STEP;
  return ({ id, status, progressDetail }) => {
    if (id === undefined || status !== 'Downloading') return;
    const { current = 0, total = 0 } = progressDetail ?? {};
    layers.set(id, { current, total });
    const sum = (of: 'current' | 'total') =>
      [...layers.values()].reduce((whole, layer) => whole + layer[of], 0);
    const fraction = sum('total') === 0 ? 0 : sum('current') / sum('total');
    if (fraction < next) return;
    while (next <= fraction) next += STEP;
    const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(0);
    say(`  ${megabytes(sum('current'))} of ${megabytes(sum('total'))} MB`);
  };
}

function notPulled(name: string, told: string): Failure {
  if (/not found|does not exist|unknown|denied|unauthorized/i.test(told) && !/no such host/i.test(told)) {
    return new Failure(`No registry gave the image ${name}: ${told}.`, {
      hint: 'Check its name and tag; for a private one, log in first: "docker pull" must work.',
    });
  }
  return new Failure(`The image ${name} could not be fetched: ${told}.`, {
    hint: 'Without a registry, leave --image out: kept then assembles an image from Java and Kafka of this machine.',
  });
}
