import tests from './test/compiled.cjs';

// What is edited while AVA watches is compiled on the way.
const isWatching = process.argv.some((word) => word === '--watch' || word === '-w');

export default {
  files: ['test/**/*.test.ts'],
  workerThreads: false,
  timeout: '5m',
  ...(isWatching
    ? { extensions: { ts: 'module' }, nodeArguments: ['--import=tsx'] }
    : { extensions: { ts: 'commonjs' }, require: [['./test/compiled.cjs', await tests.compile()]] }),
};
