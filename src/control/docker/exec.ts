import { PassThrough, type Readable, type Writable } from 'node:stream';
import { withEngine, type Container, type Engine } from './engine.ts';

/** A command that runs in a container, with its streams here. It ends, or not, when its standard input does. */
export interface Attached {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  close(): void;
}

/** Starts a command in a running container. */
export async function execIn(
  { api }: Engine,
  container: Container,
  command: readonly string[],
): Promise<Attached> {
  return withEngine(`run "${command[0]}" in a container`, async () => {
    const exec = await container.exec({
      Cmd: [...command],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    return separated(api.modem, stream);
  });
}

/** Standard input of a container that was made with `OpenStdin`, and what it prints. */
export async function attachTo({ api }: Engine, container: Container): Promise<Attached> {
  return withEngine('attach to a container', async () => {
    const options = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true };
    return separated(api.modem, await container.attach(options));
  });
}

/** One connection carries both outputs, in frames. */
function separated(
  modem: Engine['api']['modem'],
  stream: NodeJS.ReadWriteStream & { destroy?: () => void },
): Attached {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  modem.demuxStream(stream, stdout, stderr);
  const end = () => {
    stdout.end();
    stderr.end();
  };
  stream.once('end', end);
  stream.once('close', end);
  stream.on('error', end);
  return { stdin: stream as unknown as Writable, stdout, stderr, close: () => stream.destroy?.() };
}
