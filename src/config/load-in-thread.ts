/**
 * Reads a configuration in a thread that ends with it. In and out: as `loadConfiguration()`. The libraries that the
 * schema and YAML take, and what they leave in the heap, go with the thread instead of staying as long as the
 * server runs; and whoever asks has the time to load the rest.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { entryUrl } from '../entries.ts';
import { type Configuration, ConfigurationError } from './configuration.ts';
import { deepFreeze } from './freeze.ts';
import type { LoadOptions } from './load-configuration.ts';

/** What the thread tells: one of these, once. */
export type LoadThreadMessage =
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'failed'; readonly mistakes: readonly string[] };

/** Reads and checks a configuration; rejects with ConfigurationError. */
export async function loadConfigurationInThread(options: LoadOptions): Promise<Configuration> {
  const worker = new Worker(entryUrl('load-thread'), {
    workerData: options,
    name: 'configuration',
  });
  const [message]: LoadThreadMessage[] = await once(worker, 'message');
  switch (message.kind) {
    case 'configuration':
      return deepFreeze(message.configuration);
    case 'failed':
      throw new ConfigurationError(message.mistakes);
  }
}
