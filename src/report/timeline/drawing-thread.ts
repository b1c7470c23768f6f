import { Thread } from '../threads/thread.ts';
import type { Element } from './drawing.js';

/**
 * Who draws. d3-node brings a whole browser's document model, and loading it takes as long as checking a million
 * writes: so a second thread loads it while the first one checks, and draws in the end. Whatever goes wrong with that
 * thread, the picture is then drawn here.
 */
let thread: Thread | null = null;

/** There will be something to draw: gets a thread ready, at `program`. */
export function prepareDrawing(program: URL = new URL('drawing-thread-body.js', import.meta.url)): void {
  thread ??= new Thread(program);
}

/** The picture as XML. */
export async function drawn(elements: readonly Element[]): Promise<string> {
  const own = thread;
  thread = null;
  const byThread = (await own?.ask<string>(elements)) ?? null;
  // The next picture of this process, as when a run is repeated, is drawn without loading everything again.
  if (byThread !== null && thread === null) thread = own;
  else await own?.end();
  if (byThread !== null) return byThread;
  const { draw } = await import('./drawing.js');
  return draw(elements);
}
