// Loads what is needed to draw while another thread is still busy with what is to be drawn. See draughtsman.ts.
import { parentPort } from 'node:worker_threads';
import { draw } from './drawing.js';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- windows have origins, threads have none
parentPort.on('message', (elements) => parentPort.postMessage(draw(elements)));
