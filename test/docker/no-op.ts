// Where this runs, a daemon answers.
process.exitCode = 0;
