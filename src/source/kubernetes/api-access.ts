/** How to reach the API server, and as whom. Asked for before every request, as tokens are replaced while they run. */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { ApiConnectionError, reasonOf } from './api-error.ts';

export interface ApiAccess {
  /** Scheme, host and port, with the path that comes before those of the API. */
  readonly server: URL;
  /** Without it a client certificate in `tls` does, or nothing. */
  readonly token?: string;
  readonly tls?: ApiTls;
}

export interface ApiTls extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Gives what holds at present; `isRejected` says that the server has refused what was given last. */
export type ReadAccess = (last: { readonly isRejected: boolean }) => ApiAccess | Promise<ApiAccess>;

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}

/** Gives the access that every Pod has: its service account's files, and two variables. */
export function createInClusterAccess({
  environment = process.env,
  folder = SERVICE_ACCOUNT_FOLDER,
}: InClusterOptions = {}): ReadAccess {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT;
  return () => {
    if (!host || !port) {
      throw accessError('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
    }
    try {
      return {
        server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
        // Written with a line feed by hand, sometimes; no header may have one.
        token: readFileSync(join(folder, 'token'), 'utf8').trim(),
        tls: { ca: readFileSync(join(folder, 'ca.crt')) },
      };
    } catch (cause) {
      throw accessError(reasonOf(cause), cause);
    }
  };
}

function accessError(reason: string, cause?: unknown): ApiConnectionError {
  return new ApiConnectionError(`Cannot read the service account: ${reason}`, {
    code: 'ERR_API_ACCESS',
    cause,
  });
}
