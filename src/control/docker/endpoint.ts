import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';

/**
 * Where a container daemon answers, found as Docker's own command finds it: DOCKER_HOST, then the context (DOCKER_CONTEXT
 * or the one in use), then the usual sockets: the machine's, a rootless one, Docker Desktop's, Podman's.
 */
export interface Endpoint {
  /** `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`. */
  host: string;
  /** Who said so, in words: `DOCKER_HOST`, `the context "desktop-linux"`. */
  origin: string;
  /** Files with what TLS needs; absent where there is none. */
  tls?: { ca: string; cert: string; key: string };
}

export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  /** The user's home directory. */
  home: string;
}

/** Where there is a choice, the first that exists counts. */
function usualSockets({ environment, home }: Surroundings): string[] {
  const runtime = environment['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    ...(runtime ? [join(runtime, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
}

/** @throws Failure when what the user has set cannot be used. */
export function findEndpoint(surroundings: Surroundings): Endpoint {
  const { environment } = surroundings;
  const host = environment['DOCKER_HOST'];
  if (host) return ofHost(host, environment);
  const configuration = environment['DOCKER_CONFIG'] || join(surroundings.home, '.docker');
  const context = environment['DOCKER_CONTEXT'] || currentContext(configuration);
  if (context !== null && context !== 'default') return ofContext(context, configuration);
  const socket = usualSockets(surroundings).find((path) => existsSync(path));
  return socket === undefined
    ? { host: 'unix:///var/run/docker.sock', origin: 'the usual place' }
    : { host: `unix://${socket}`, origin: 'the usual place' };
}

function ofHost(host: string, environment: NodeJS.ProcessEnv): Endpoint {
  const certificates = environment['DOCKER_CERT_PATH'];
  const isTls = Boolean(environment['DOCKER_TLS_VERIFY']) && certificates !== undefined;
  return usable({
    host: host.includes('://') ? host : `tcp://${host}`,
    origin: 'DOCKER_HOST',
    ...(isTls && { tls: certificatesIn(certificates) }),
  });
}

function ofContext(name: string, configuration: string): Endpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(configuration, 'contexts/meta', id, 'meta.json');
  const meta = readJson(file) as { Endpoints?: { docker?: { Host?: unknown } } } | null;
  const host = meta?.Endpoints?.docker?.Host;
  if (typeof host !== 'string') {
    throw new Failure(
      `The Docker context "${name}" is in use, and ${file} does not say where its daemon is.`,
      {
        hint: '"docker context ls" lists what there is; DOCKER_HOST or DOCKER_CONTEXT choose another.',
      },
    );
  }
  const tls = join(configuration, 'contexts/tls', id, 'docker');
  return usable({
    host,
    origin: `the context "${name}"`,
    ...(existsSync(join(tls, 'key.pem')) && { tls: certificatesIn(tls) }),
  });
}

const SCHEMES = /^(unix|tcp|http|https):\/\//;

function usable(endpoint: Endpoint): Endpoint {
  if (SCHEMES.test(endpoint.host)) return endpoint;
  const isSsh = endpoint.host.startsWith('ssh://');
  throw new Failure(
    `${capital(endpoint.origin)} names the daemon at "${endpoint.host}", and kept speaks to unix:// and tcp:// only.`,
    {
      hint: isSsh
        ? 'Nodes on other machines are what --lab ssh is for; or unset it to use the daemon of this machine.'
        : 'For example: DOCKER_HOST=unix:///var/run/docker.sock',
      exitStatus: EXIT.usage,
    },
  );
}

function certificatesIn(directory: string): NonNullable<Endpoint['tls']> {
  return {
    ca: join(directory, 'ca.pem'),
    cert: join(directory, 'cert.pem'),
    key: join(directory, 'key.pem'),
  };
}

function currentContext(configuration: string): string | null {
  const config = readJson(join(configuration, 'config.json')) as { currentContext?: unknown } | null;
  return typeof config?.currentContext === 'string' ? config.currentContext : null;
}

/** Null where there is none, and where it is no JSON. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return null;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
