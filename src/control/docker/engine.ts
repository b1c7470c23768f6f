import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import Docker from 'dockerode';
import { Failure, messageOf } from '../../core/failure.ts';
import { atPath } from '../../core/paths.ts';
import { findEndpoint, type Endpoint } from './endpoint.ts';

/** The daemon under which containers run, and what it says of itself. */
export interface Engine {
  readonly api: Docker;
  readonly endpoint: Endpoint;
  readonly version: string;
  /** `x86_64`, `aarch64`. */
  readonly architecture: string;
  /** `linux`, but on Windows with containers of its own. */
  readonly system: string;
}

export type Container = Docker.Container;
export type ContainerOptions = Docker.ContainerCreateOptions;
export type Network = Docker.Network;
/** How a container is connected to a network. */
export type ConnectionSettings = Docker.EndpointSettings;

/** @throws Failure with one sentence when there is no daemon, or none that this user may use. */
export async function openEngine(
  endpoint: Endpoint = findEndpoint({ environment: process.env, home: homedir() }),
): Promise<Engine> {
  const api = new Docker(settingsOf(endpoint));
  try {
    const info = (await api.info()) as { ServerVersion?: string; Architecture?: string; OSType?: string };
    return {
      api,
      endpoint,
      version: info.ServerVersion ?? 'of an unknown version',
      architecture: info.Architecture ?? '',
      system: info.OSType ?? 'linux',
    };
  } catch (error) {
    throw unreachable(endpoint, error);
  }
}

/** Everything is given, so that nothing is taken from the environment once more. */
function settingsOf({ host, tls }: Endpoint): Docker.DockerOptions {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const { hostname, port, protocol } = new URL(host.replace(/^tcp:/, 'http:'));
  const isTls = tls !== undefined || protocol === 'https:';
  return {
    host: hostname,
    port: Number(port || (isTls ? 2376 : 2375)),
    protocol: isTls ? 'https' : 'http',
    ...(tls && { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key) }),
  };
}

function read(file: string): Buffer {
  return atPath(file, 'read', () => readFileSync(file));
}

function unreachable({ host, origin }: Endpoint, error: unknown): Failure {
  const place = `${host} (${origin})`;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure(`This user may not use the Docker daemon at ${place}.`, {
      hint: 'Add the user to its group and log in again: "sudo usermod -aG docker $USER"; or use a rootless daemon.',
    });
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new Failure(`No Docker daemon answers at ${place}.`, {
      hint: 'Start it ("sudo systemctl start docker", or Docker Desktop), or name another: DOCKER_HOST=unix:///PATH.',
    });
  }
  return new Failure(`The Docker daemon at ${place} cannot be used: ${toldBy(error)}.`, {
    hint: '"docker info" asks the same daemon the same question.',
  });
}

/** What the daemon said when it refused something, on one line and without a full stop. */
export function toldBy(error: unknown): string {
  const { json } = error as { json?: { message?: unknown } | null };
  const told = typeof json?.message === 'string' ? json.message : error;
  return messageOf(told)
    .replace(/^\(HTTP code \d+\) [\w ]+ - /, '')
    .replace(/\.$/, '');
}

/** The daemon's answer by number: 404 for what is not there, 409 for what is in the way. */
export function statusOf(error: unknown): number | null {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : null;
}

/** Does one thing with the daemon. @throws Failure with what was to be done, and what the daemon said. */
export async function withEngine<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`Docker cannot ${what}: ${toldBy(error)}.`, { cause: error });
  }
}
