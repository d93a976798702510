/**
 * Access by a kubeconfig. The library that understands all that may stand in one (exec plugins, OIDC, certificates)
 * takes 84 MB of memory and a third of a second: it runs in a process of its own that ends with its answer.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { entryUrl } from '../../entries.ts';
import type { ApiAccess, ApiTls, ReadAccess } from './api-access.ts';
import { ApiConnectionError } from './api-error.ts';
import type { Clock } from './clock.ts';

/** Plugins may ask somebody, or a server far away. */
const RESOLVE_TIMEOUT_MS = 60_000;
/** Tokens are replaced before they end; one that ended too early is found out when it is refused. */
const MAX_AGE_MS = 600_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface KubeconfigOptions {
  readonly file: string;
  /** Empty for the current one. */
  readonly context: string;
  readonly clock: Clock;
}

/** What the process writes: the access as plain data. */
export interface ResolvedKubeconfig {
  readonly server: string;
  readonly token?: string;
  readonly tls: ApiTls;
}

/** Gives the access that a kubeconfig describes, resolved anew from time to time, and after a refusal. */
export function createKubeconfigAccess({ file, context, clock }: KubeconfigOptions): ReadAccess {
  let resolving: Promise<ApiAccess> | undefined;
  let resolvedAt = 0;
  return async ({ isRejected }) => {
    const ageMs = clock.now() - resolvedAt;
    if (resolving === undefined || ageMs > MAX_AGE_MS || (isRejected && ageMs > 0)) {
      resolvedAt = clock.now();
      resolving = resolve({ file, context });
    }
    try {
      return await resolving;
    } catch (error) {
      // The next request tries again.
      resolving = undefined;
      throw error;
    }
  };
}

function resolve({ file, context }: { file: string; context: string }): Promise<ApiAccess> {
  const program = fileURLToPath(entryUrl('resolve-kubeconfig'));
  const options = { timeout: RESOLVE_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((settle, reject) => {
    execFile(process.execPath, [program, file, context], options, (error, stdout, stderr) => {
      if (error === null) {
        const { server, ...rest } = JSON.parse(stdout) as ResolvedKubeconfig;
        settle({ server: new URL(server), ...rest });
        return;
      }
      const reason = error.killed === true ? 'it takes too long' : stderr.trim() || error.message;
      const message = `Cannot use kubeconfig "${file}": ${reason}`;
      reject(new ApiConnectionError(message, { code: 'ERR_API_ACCESS', cause: error }));
    });
  });
}
