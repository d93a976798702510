/** What a Pod has of its service account: a folder with the token and the authority, and two variables. */
import { spawnSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createInClusterAccess,
  type ReadAccess,
} from '../../../src/source/kubernetes/api-access.ts';
import type { RealApiServer } from './real-api-server.ts';
import { readObject } from './real-objects.ts';

const NAMESPACE = 'kube-system';
const NAME = 'vipdns';
/** As config/kubernetes has it. */
export const SERVICE_ACCOUNT = `system:serviceaccount:${NAMESPACE}:${NAME}`;
const PLACE = '/var/run/secrets/kubernetes.io/serviceaccount';
const ISSUER = 'https://kubernetes.default.svc';

export class ServiceAccountFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'vipdns-serviceaccount-'));
  readonly #environment: Record<string, string>;

  /** Whether `runner` works: it needs a privileged user. */
  static canBeMounted(): boolean {
    return spawnSync('unshare', ['--mount', 'true']).status === 0;
  }

  /** Without a port it is the API server's own. */
  constructor(real: RealApiServer, port = Number(real.access.server.port)) {
    writeFileSync(join(this.#folder, 'ca.crt'), String(real.access.tls?.ca));
    this.#environment = {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: `${port}`,
    };
  }

  /** Runs a command where the files are in their place, with the variables, as in a Pod. */
  get runner(): string[] {
    const variables = Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
    const script = `mount -t tmpfs tmpfs /run && mkdir -p ${PLACE} && mount --bind "$0" ${PLACE} && exec env "$@"`;
    return ['unshare', '--mount', 'sh', '-c', script, this.#folder, ...variables];
  }

  /** Replaces the token, as the kubelet does in time. */
  writeToken(token: string): void {
    writeFileSync(join(this.#folder, 'token'), token);
  }

  /** As vipdns has it in a Pod. */
  createAccess(): ReadAccess {
    return createInClusterAccess({ environment: this.#environment, folder: this.#folder });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Has the API server give out a token, as the kubelet does. */
export async function requestToken(real: RealApiServer): Promise<string> {
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${NAME}/token`;
  const { status, json } = await real.send('POST', path, { spec: {} });
  if (status !== 201) throw new Error(`Cannot request a token: ${JSON.stringify(json)}`);
  return (json as { status: { token: string } }).status.token;
}

/**
 * Makes the token that the API server would, with its key, but that ends at a time it gives to nobody: it asks for ten
 * minutes at least.
 */
export async function signToken(real: RealApiServer, endsAtSeconds: number): Promise<string> {
  const account = await readObject(real, 'serviceaccounts', `${NAMESPACE}/${NAME}`);
  const { uid } = (account as { metadata: { uid: string } }).metadata;
  const claims = {
    iss: ISSUER,
    aud: [ISSUER],
    sub: SERVICE_ACCOUNT,
    exp: endsAtSeconds,
    'kubernetes.io': { namespace: NAMESPACE, serviceaccount: { name: NAME, uid } },
  };
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims].map(encode).join('.');
  const signature = createSign('RSA-SHA256').update(signed).sign(real.signingKey, 'base64url');
  return `${signed}.${signature}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
