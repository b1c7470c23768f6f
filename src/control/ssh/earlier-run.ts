import type { RemoteHost } from './remote-host.ts';

const LOOK = 'for timer in "$1"/kept-*/timer; do [ -f "$timer" ] && exit 0; done; exit 1';

/**
 * Whether a run of kept has a place on a host: one that goes on, or one that was killed, whose dead-man's timer ends in some
 * seconds what it has left.
 * @param parent the directory that the places of runs are made in.
 */
export async function hasRunOn({ control }: Pick<RemoteHost, 'control'>, parent: string): Promise<boolean> {
  return (await control.exec(['sh', '-c', LOOK, 'sh', parent])).exitStatus === 0;
}
