import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { abilitiesOf, abilitiesScript, type PlaceAbilities } from '../impairing/abilities.ts';
import { REAL_TC } from './docker-net.ts';
import { withEngine, type Engine } from './engine.ts';
import { ensureHelperImage } from './helper-image.ts';
import { labelsOf } from './labels.ts';

/** What the helpers of a lab can do to packets: tried in a container without a network, which is gone at once. */
export async function abilitiesInContainer(
  engine: Engine,
  run: string,
  say: (line: string) => void,
): Promise<PlaceAbilities> {
  const image = await ensureHelperImage(engine, say);
  const [out, err] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(out), text(err)]);
  const [{ StatusCode: exitStatus }] = (await withEngine('try what its kernel can do to packets', () =>
    engine.api.run(image, ['/bin/sh', '-c', `${REAL_TC}${abilitiesScript('')}`], [out, err], {
      Tty: false,
      User: '0',
      Labels: labelsOf(run, 'trial'),
      HostConfig: { NetworkMode: 'none', CapAdd: ['NET_ADMIN'], AutoRemove: true },
    }),
  )) as [{ StatusCode: number }];
  out.end();
  err.end();
  const [stdout, stderr] = await said;
  return abilitiesOf('the Docker daemon’s machine', { exitStatus, stdout, stderr });
}
