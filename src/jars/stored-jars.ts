import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { Failure } from '../core/failure.ts';
import { ensureEntry } from './cache.ts';

/**
 * Jars in an entry of the cache. From when it was made on it serves without a network, and each use compares the jars with the
 * checksums that were taken then.
 */
export interface StoredJars {
  /** Where the jars are. */
  directory: string;
  /** SHA-256 (hexadecimal) of every jar by file name. */
  jars: Record<string, string>;
}

/**
 * Serves an entry of the cache.
 * @param options.what `Kafka`, for sentences.
 * @param options.find the folder of the jars in a folder that `make` has filled; its `libs` if absent.
 * @param options.make fills it where it is missing.
 * @throws Failure when its jars have changed; whatever `make` and `find` throw.
 */
export async function storedJars(
  entry: string,
  options: {
    what: string;
    find?: (home: string) => Promise<string>;
    make: (temporary: string) => Promise<void>;
  },
): Promise<StoredJars> {
  const { what, make, find = async (home: string) => join(home, 'libs') } = options;
  await ensureEntry(entry, async (temporary) => {
    await make(temporary);
    const made = await checksumsOf(await find(temporary));
    await writeFile(join(temporary, CHECKSUMS), JSON.stringify(made, null, 2));
  });
  const directory = await find(entry);
  const jars = await checksumsOf(directory);
  const recorded = checksumsSchema.parse(JSON.parse(await readFile(join(entry, CHECKSUMS), 'utf8')));
  const changed = Object.keys({ ...jars, ...recorded }).filter((file) => jars[file] !== recorded[file]);
  if (changed.length > 0) {
    throw new Failure(
      `The cached ${what} in ${entry} has changed since it was fetched: ${changed.join(', ')}`,
      {
        hint: `delete ${entry}; it is made again at the next run`,
      },
    );
  }
  return { directory, jars };
}

const CHECKSUMS = 'checksums.json';
const checksumsSchema = z.record(z.string(), z.string());

export async function checksumsOf(directory: string): Promise<Record<string, string>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.jar')).toSorted();
  const sums = await Promise.all(files.map((file) => sha256(join(directory, file))));
  return Object.fromEntries(files.map((file, index) => [file, sums[index]!]));
}

/** Hexadecimal. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
