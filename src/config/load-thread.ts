/** The thread that reads the configuration and ends. In: LoadOptions; out: one LoadThreadMessage. */
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigurationError } from './configuration.ts';
import { type LoadOptions, loadConfiguration } from './load-configuration.ts';
import type { LoadThreadMessage } from './load-in-thread.ts';

parentPort?.postMessage(load(workerData as LoadOptions));

function load(options: LoadOptions): LoadThreadMessage {
  try {
    return { kind: 'configuration', configuration: loadConfiguration(options) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { kind: 'failed', mistakes: error.mistakes };
  }
}
