import { Worker } from 'node:worker_threads';
import type { Element } from './drawing.js';

/**
 * Who draws. d3-node brings a whole browser's document model, and loading it takes as long as checking a million
 * writes: so a second thread loads it while the first one checks, and draws in the end. Whatever goes wrong with that
 * thread, the picture is then drawn here.
 */
let thread: Worker | null = null;

const THREAD = new URL('drawing-thread.js', import.meta.url);

/** There will be something to draw: gets a thread ready, at `program`. */
export function prepareDrawing(program: URL = THREAD): void {
  if (thread !== null) return;
  let worker: Worker;
  try {
    worker = new Worker(program, { execArgv: [] });
  } catch {
    // The system gives no thread: the picture is drawn here.
    return;
  }
  worker.unref();
  const dismiss = () => {
    if (thread === worker) thread = null;
  };
  worker.on('error', dismiss).on('exit', dismiss);
  thread = worker;
}

/** The picture as XML. */
export async function drawn(elements: readonly Element[]): Promise<string> {
  const byThread = thread === null ? null : await askThread(thread, elements);
  if (byThread !== null) return byThread;
  const { draw } = await import('./drawing.js');
  return draw(elements);
}

/** Null when the thread cannot draw. */
async function askThread(worker: Worker, elements: readonly Element[]): Promise<string | null> {
  worker.ref();
  const answer = await new Promise<string | null>((resolve) => {
    worker.once('message', resolve);
    const giveUp = () => resolve(null);
    worker.once('error', giveUp).once('exit', giveUp);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window.
    worker.postMessage(elements);
  });
  thread = null;
  await worker.terminate();
  return answer;
}
