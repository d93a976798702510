/**
 * Where the process, its threads and its programs begin. Whoever starts one takes its URL from here, and the build
 * makes a file of each, so that sources run as they are and bundled.
 */

/** By name, the module in `src`. In `dist` every file lies side by side, under the entry's name. */
export const ENTRIES = {
  main: 'main.ts',
  'zone-thread': 'zone-thread.ts',
  'responder-thread': 'responder-thread.ts',
  'load-thread': 'config/load-thread.ts',
  'resolve-kubeconfig': 'source/kubernetes/resolve-kubeconfig.ts',
} as const;

export type Entry = keyof typeof ENTRIES;

/** Gives the URL of an entry, of the same form, source or bundle, as what runs. */
export function entryUrl(entry: Entry): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? ENTRIES[entry] : `${entry}.js`, import.meta.url);
}
