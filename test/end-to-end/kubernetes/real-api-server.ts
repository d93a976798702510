/** A real kube-apiserver on a real etcd, in a folder of their own, with two users: one who may do all, and vipdns. */
import type { ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { endProgram, spawnProgram } from './child-programs.ts';
import { type Answer, sendJson } from './send-json.ts';

const ADMIN_TOKEN = 'token-of-admin';
const READER_TOKEN = 'token-of-vipdns';
const READER = 'vipdns';
const READY_WITHIN_MS = 60_000;
/** The most that etcd takes is 128. */
const OBJECTS_A_TRANSACTION = 100;

export interface RealApiServerOptions {
  /** Folder with `etcd` and `kube-apiserver`. */
  readonly binaries: string;
  readonly featureGates?: string;
  /** Arguments of kube-apiserver besides its own. */
  readonly arguments?: readonly string[];
}

/** An object as the API server keeps it. */
export interface StoredObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

export class RealApiServer {
  readonly #options: RealApiServerOptions;
  /** What it writes; it goes with it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'vipdns-kubernetes-'));
  #ports = { etcd: 0, peers: 0, api: 0 };
  #etcd: ChildProcess | undefined;
  #api: ChildProcess | undefined;

  constructor(options: RealApiServerOptions) {
    this.#options = options;
  }

  get binaries(): string {
    return this.#options.binaries;
  }

  /** Numbers of the processes that run. */
  get pids(): number[] {
    return [this.#etcd, this.#api].flatMap((child) => child?.pid ?? []);
  }

  async start(): Promise<void> {
    try {
      await this.#startBoth();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #startBoth(): Promise<void> {
    const [etcd, peers, api] = await freePorts(3);
    this.#ports = { etcd, peers, api };
    this.#writeFiles();
    this.#etcd = this.#spawn('etcd', [
      `--data-dir=${join(this.folder, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=http://127.0.0.1:${etcd}`,
      `--advertise-client-urls=http://127.0.0.1:${etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
    ]);
    await this.startApi();
  }

  async startApi(): Promise<void> {
    const inFolder = (name: string) => join(this.folder, name);
    const { featureGates, arguments: more = [] } = this.#options;
    this.#api = this.#spawn('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.#ports.api}`,
      `--cert-dir=${inFolder('certificates')}`,
      `--service-account-key-file=${inFolder('sa.pub')}`,
      `--service-account-signing-key-file=${inFolder('sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.96.0.0/12,fd00:96::/108',
      '--authorization-mode=RBAC',
      `--token-auth-file=${inFolder('tokens.csv')}`,
      '--disable-admission-plugins=ServiceAccount',
      ...(featureGates === undefined ? [] : [`--feature-gates=${featureGates}`]),
      ...more,
    ]);
    await this.#awaitReady();
  }

  async killApi(): Promise<void> {
    await endProgram(this.#api);
  }

  async close(): Promise<void> {
    await endProgram(this.#api);
    await endProgram(this.#etcd);
    rmSync(this.folder, { recursive: true });
  }

  /** Has it stand still, with all of its connections open. */
  pauseApi(): void {
    this.#api?.kill('SIGSTOP');
  }

  resumeApi(): void {
    this.#api?.kill('SIGCONT');
  }

  /** As vipdns. */
  get access(): ApiAccess {
    return { ...this.#access, token: READER_TOKEN };
  }

  /** As the user who may do all. */
  get adminAccess(): ApiAccess {
    return { ...this.#access, token: ADMIN_TOKEN };
  }

  /** Signs as itself what it would give out to service accounts: its key, in PEM. */
  get signingKey(): string {
    return readFileSync(join(this.folder, 'sa.key'), 'utf8');
  }

  get readerName(): string {
    return READER;
  }

  /** Asks as the user who may do all. */
  async send(method: string, path: string, body?: object): Promise<Answer> {
    return await sendJson({ access: this.adminAccess, method, path, body });
  }

  /** Lets vipdns do everything. */
  async allowAll(): Promise<void> {
    const apiGroup = 'rbac.authorization.k8s.io';
    const { status } = await this.send('POST', `/apis/${apiGroup}/v1/clusterrolebindings`, {
      metadata: { name: READER },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup, kind: 'User', name: READER }],
    });
    if (status !== 201) throw new Error(`Cannot allow everything: status ${status}`);
  }

  /** Has etcd forget everything older than now. */
  async compact(): Promise<void> {
    const { json } = await this.#askEtcd('range', { key: base64('/') });
    const { revision } = (json as { header: { revision: string } }).header;
    await this.#askEtcd('compaction', { revision, physical: true });
  }

  /**
   * Stores namespaced objects in etcd, past the API server, which then has them as if it had written them: 150,000
   * in a minute. They have to be whole, `uid` and `creationTimestamp` among the rest.
   */
  async store(plural: string, objects: readonly StoredObject[]): Promise<void> {
    for (let from = 0; from < objects.length; from += OBJECTS_A_TRANSACTION) {
      const success = objects.slice(from, from + OBJECTS_A_TRANSACTION).map((object) => {
        const { namespace, name } = object.metadata;
        const key = base64(`/registry/${plural}/${namespace}/${name}`);
        return { requestPut: { key, value: base64(JSON.stringify(object)) } };
      });
      const { status, json } = await this.#askEtcd('txn', { success });
      if (status !== 200) throw new Error(`Cannot store ${plural}: ${JSON.stringify(json)}`);
    }
  }

  async #askEtcd(operation: string, body: object): Promise<Answer> {
    const access = { server: new URL(`http://127.0.0.1:${this.#ports.etcd}`) };
    return await sendJson({ access, method: 'POST', path: `/v3/kv/${operation}`, body });
  }

  get #access(): ApiAccess {
    const certificate = join(this.folder, 'certificates', 'apiserver.crt');
    return {
      server: new URL(`https://127.0.0.1:${this.#ports.api}`),
      tls: { ca: readFileSync(certificate) },
    };
  }

  #writeFiles(): void {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(join(this.folder, 'sa.key'), privateKey);
    writeFileSync(join(this.folder, 'sa.pub'), publicKey);
    const users = [`${ADMIN_TOKEN},admin,1,"system:masters"`, `${READER_TOKEN},${READER},2`];
    writeFileSync(join(this.folder, 'tokens.csv'), users.join('\n'));
  }

  #spawn(name: string, arguments_: readonly string[]): ChildProcess {
    return spawnProgram(join(this.binaries, name), arguments_);
  }

  async #awaitReady(): Promise<void> {
    for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; ) {
      const isReady = await this.send('GET', '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isReady) return;
      await setTimeout(100);
    }
    throw new Error('Cannot start kube-apiserver: it is not ready');
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return ports;
}
