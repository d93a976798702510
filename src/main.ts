#!/usr/bin/env node
/**
 * Process entry: checks the runtime before anything is loaded that an older one could not read, then hands
 * over to the command line. Must itself stay readable for any Node.js that knows modules.
 */
import { StopSignals } from './stop-signals.ts';

const MINIMUM_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < MINIMUM_NODE) {
  console.error(
    `Cannot start vipdns: it needs Node.js ${MINIMUM_NODE} or later, this is ${process.versions.node}.
On Linux (x64, arm64) "npm ci" brings its own, and "npm start", "npm test" and "npm run vipdns" use it;
elsewhere, install a newer Node.js from https://nodejs.org/`,
  );
  process.exitCode = 1;
} else if (process.argv[2] !== '--check-runtime') {
  // Before the rest is loaded, which takes a fifth of a second.
  const signals = process.argv[2] === 'serve' ? new StopSignals() : undefined;
  const { runCommand } = await import('./cli/command.ts');
  process.exitCode = await runCommand(process.argv.slice(2), signals);
}
