import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { UpstreamAddress } from '../../src/forwarder/upstream-address.ts';

const SCRIPT = fileURLToPath(new URL('ask-once.ts', import.meta.url));

/** Asks in a process of its own, with these variables added to ours; gives what `ask-once.ts` prints. */
export async function askInProcess(
  question: string,
  { upstream, env = {} }: { upstream: UpstreamAddress; env?: NodeJS.ProcessEnv },
): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [SCRIPT, question, JSON.stringify(upstream)],
    { env: { ...process.env, ...env } },
  );
  return JSON.parse(stdout);
}
