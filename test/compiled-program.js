// `node --import=.../compiled-program.js PROGRAM.ts`: what runs is PROGRAM as compiled.cjs has made it of the same sources.
import { register } from 'node:module';

register('./compiled-program-hooks.js', import.meta.url, { data: process.env.KEPT_TEST_COMPILED });
