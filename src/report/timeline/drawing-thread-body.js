// Loads what is needed to draw while another thread is still busy with what is to be drawn. See drawing-thread.ts.
import { parentPort } from 'node:worker_threads';
import { draw } from './drawing.js';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window.
parentPort.on('message', (elements) => parentPort.postMessage(draw(elements)));
