// Loads what is needed to draw while another thread is still busy with what is to be drawn. See draughtsman.ts.
import { parentPort } from 'node:worker_threads';
import { draw } from './drawing.js';

parentPort.on('message', (elements) => parentPort.postMessage(draw(elements)));
