import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  ManifestFolderError,
  ManifestSource,
  type ManifestSourceOptions,
} from '../../../src/source/manifests/manifest-source.ts';
import { formatProblem } from '../../../src/source/manifests/problem.ts';
import { Store } from '../../../src/source/store.ts';
import { serviceYaml, TemporaryFolder } from './temporary-folder.ts';

/** A change has to arrive within a second; a busy machine gets more before a test fails. */
const PATIENCE_MS = 5000;

/** A source on a folder of its own, whose changes a test can wait for. */
class LiveSource {
  readonly folder: TemporaryFolder;
  readonly store = new Store();
  readonly source: ManifestSource;
  readonly problems: string[] = [];
  #wake: () => void = () => {};

  constructor(
    t: TestContext,
    files: Readonly<Record<string, string>>,
    options: Partial<ManifestSourceOptions> = {},
  ) {
    this.folder = new TemporaryFolder(t, files);
    this.source = new ManifestSource({
      folders: [this.folder.path],
      serviceCidr: ['10.96.0.0/12', 'fd00:96::/108'],
      store: this.store,
      onChange: () => this.#wake(),
      onProblem: (problem) => {
        this.problems.push(formatProblem(problem).replaceAll(`${this.folder.path}/`, ''));
        this.#wake();
      },
      ...options,
    });
    this.source.start();
    t.after(() => this.source.stop());
  }

  /** Gives `key port` of every Service that is served, in order. */
  get services(): string[] {
    return [...this.store.services()]
      .map(({ namespace, name, ports }) => `${namespace}/${name} ${ports.map(({ port }) => port)}`)
      .sort();
  }

  clusterIps(key: string): readonly string[] | undefined {
    return this.store.service(key)?.clusterIps;
  }

  /** Waits until the source has called back and a condition holds. */
  async until(holds: () => boolean): Promise<void> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    while (!holds()) {
      limit.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        limit.addEventListener('abort', () => reject(limit.reason), { once: true });
      });
    }
  }

  untilServices(...services: string[]): Promise<void> {
    return this.until(() => this.services.join() === services.join());
  }
}

function withPort(key: string, port: number | string): string {
  return serviceYaml(key).replace('80', String(port));
}

test('ManifestSource.start() reads every file into the store', (t: TestContext) => {
  const live = new LiveSource(t, {
    'a.yaml': serviceYaml('shop/web'),
    'b/c.json': JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'empty' } },
        { apiVersion: 'v1', kind: 'ConfigMap' },
      ],
    }),
  });
  assert.deepEqual(live.services, ['shop/web 80']);
  assert.deepEqual([...live.store.namespaces()], ['shop', 'empty']);
  assert.equal(live.source.fileCount, 2);
  assert.equal(live.source.skippedCount, 1);
  assert.deepEqual(live.problems, []);
});

test('ManifestSource.start() refuses a folder that is missing', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  const source = new ManifestSource({
    folders: [folder.path, folder.at('missing')],
    serviceCidr: [],
    store: new Store(),
  });
  t.after(() => source.stop());
  assert.throws(
    () => source.start(),
    new ManifestFolderError(
      `Cannot read manifests "${folder.at('missing')}": no such file or directory`,
    ),
  );
});

test('ManifestSource follows files that are added, changed, renamed and removed', async (t: TestContext) => {
  const live = new LiveSource(t, { 'a.yaml': serviceYaml('shop/web') });
  const { folder } = live;
  live.store.takeChanges();
  folder.write('b.yaml', serviceYaml('shop/api'));
  await live.untilServices('shop/api 80', 'shop/web 80');
  assert.deepEqual([...live.store.takeChanges().services], ['shop/api']);
  folder.write('a.yaml', withPort('shop/web', 81));
  await live.untilServices('shop/api 80', 'shop/web 81');
  assert.deepEqual([...live.store.takeChanges().services], ['shop/web']);
  renameSync(folder.at('a.yaml'), folder.at('c.yaml'));
  await live.until(() => live.source.problems.length === 0 && live.source.fileCount === 2);
  rmSync(folder.at('b.yaml'));
  await live.untilServices('shop/web 81');
  assert.equal(live.store.takeChanges().services.has('shop/api'), true);
  assert.deepEqual(live.problems, []);
});

test('ManifestSource changes nothing in the store for a file that was renamed', async (t: TestContext) => {
  const live = new LiveSource(t, { 'a.yaml': serviceYaml('shop/web') });
  live.store.takeChanges();
  renameSync(live.folder.at('a.yaml'), live.folder.at('b.yaml'));
  live.folder.write('c.yaml', serviceYaml('shop/api'));
  await live.untilServices('shop/api 80', 'shop/web 80');
  assert.deepEqual([...live.store.takeChanges().services], ['shop/api']);
});

test('ManifestSource follows new sub-folders, and files in them', async (t: TestContext) => {
  const live = new LiveSource(t, {});
  mkdirSync(live.folder.at('deep/er'), { recursive: true });
  live.folder.write('deep/er/a.yaml', serviceYaml('shop/web'));
  await live.untilServices('shop/web 80');
  live.folder.write('deep/er/a.yaml', withPort('shop/web', 8080));
  await live.untilServices('shop/web 8080');
});

test('ManifestSource follows a ConfigMap volume whose links are exchanged', async (t: TestContext) => {
  const live = new LiveSource(t, { '..1/a.yaml': serviceYaml('shop/web') });
  const { folder } = live;
  symlinkSync('..1', folder.at('..data'));
  symlinkSync('..data/a.yaml', folder.at('a.yaml'));
  await live.untilServices('shop/web 80');
  folder.write('..2/a.yaml', withPort('shop/web', 81));
  symlinkSync('..2', folder.at('..data_tmp'));
  renameSync(folder.at('..data_tmp'), folder.at('..data'));
  rmSync(folder.at('..1'), { recursive: true });
  await live.untilServices('shop/web 81');
  assert.deepEqual(live.problems, []);
});

test('ManifestSource keeps what was last good of a file that broke, and reports it once', async (t: TestContext) => {
  const live = new LiveSource(t, {
    'a.yaml': [serviceYaml('shop/web'), serviceYaml('shop/api')].join('---\n'),
  });
  live.folder.write(
    'a.yaml',
    [withPort('shop/web', 'http'), withPort('shop/api', 81)].join('---\n'),
  );
  await live.untilServices('shop/api 81', 'shop/web 80');
  const problem =
    'a.yaml, document 1, spec.ports[0].port: expected a whole number from 1 to 65535: received "http"';
  assert.deepEqual(live.problems, [problem]);
  live.folder.write('b.yaml', serviceYaml('shop/db'));
  await live.until(() => live.services.length === 3);
  assert.deepEqual(live.problems, [problem]);
  assert.equal(live.source.problems.length, 1);
  live.folder.write('a.yaml', withPort('shop/web', 82));
  await live.untilServices('shop/db 80', 'shop/web 82');
  assert.deepEqual(live.source.problems, []);
});

test('ManifestSource keeps everything when a folder goes, and follows it when it is back', async (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'm/a.yaml': serviceYaml('shop/web') });
  const live = new LiveSource(t, {}, { folders: [folder.at('m')] });
  renameSync(folder.at('m'), folder.at('n'));
  await live.until(() => live.problems.length === 1);
  assert.match(live.problems[0], /expected a readable file or folder: received no such file/);
  assert.deepEqual(live.services, ['shop/web 80']);
  folder.write('n/a.yaml', withPort('shop/web', 81));
  renameSync(folder.at('n'), folder.at('m'));
  await live.untilServices('shop/web 81');
  assert.deepEqual(live.source.problems, []);
});

test("ManifestSource takes the first file's object of two, in path order, and the other one after it", async (t: TestContext) => {
  const live = new LiveSource(t, {
    'b.yaml': withPort('shop/web', 82),
    'a.yaml': withPort('shop/web', 81),
  });
  assert.deepEqual(live.services, ['shop/web 81']);
  assert.deepEqual(live.problems, [
    'b.yaml, document 1, metadata.name: expected each object once: received Service shop/web, which is in a.yaml',
  ]);
  live.folder.write('c.yaml', serviceYaml('shop/api'));
  await live.untilServices('shop/api 80', 'shop/web 81');
  assert.equal(live.problems.length, 1);
  rmSync(live.folder.at('a.yaml'));
  await live.untilServices('shop/api 80', 'shop/web 82');
  assert.deepEqual(live.source.problems, []);
});

test('ManifestSource gives a Service without clusterIP a virtual IP, and lists all', (t: TestContext) => {
  const live = new LiveSource(t, {
    'a.yaml': [
      serviceYaml('shop/web', 'clusterIP: 10.96.0.10'),
      serviceYaml('shop/api', 'ipFamilyPolicy: PreferDualStack'),
      serviceYaml('shop/db', 'clusterIP: None'),
    ].join('---\n'),
  });
  assert.deepEqual(live.source.vips.get('shop/web'), {
    addresses: ['10.96.0.10'],
    isAllocated: false,
  });
  const addresses = live.clusterIps('shop/api');
  assert.match(String(addresses), /^10\.\d+\.\d+\.\d+,fd00:96::/);
  assert.deepEqual(live.source.vips.get('shop/api'), { addresses, isAllocated: true });
  assert.deepEqual(live.store.service('shop/api')?.ipFamilies, ['IPv4', 'IPv6']);
  assert.deepEqual(live.clusterIps('shop/db'), []);
  assert.equal(live.source.vips.size, 2);
});

test('ManifestSource leaves out a Service whose address is taken, until it is free', async (t: TestContext) => {
  const live = new LiveSource(t, {
    'a.yaml': serviceYaml('shop/web', 'clusterIP: 10.96.0.10'),
    'b.yaml': serviceYaml('shop/api', 'clusterIP: 10.96.0.10'),
    'c.yaml': serviceYaml('shop/db', 'clusterIP: 192.0.2.1'),
  });
  assert.deepEqual(live.services, ['shop/web 80']);
  assert.deepEqual(live.problems, [
    'b.yaml, document 1, spec.clusterIP: expected an address that no other Service names, as shop/web does: received 10.96.0.10',
    'c.yaml, document 1, spec.clusterIP: expected an address that Services may have in 10.96.0.0/12: received 192.0.2.1',
  ]);
  rmSync(live.folder.at('a.yaml'));
  await live.untilServices('shop/api 80');
  assert.equal(live.source.problems.length, 1);
  live.folder.write('a.yaml', serviceYaml('shop/web', 'clusterIP: 10.96.0.10'));
  await live.untilServices('shop/web 80');
});

test('ManifestSource keeps virtual IPs over a restart, by its state file', (t: TestContext) => {
  const state = new TemporaryFolder(t);
  const stateDir = state.at('state');
  const names = Array.from({ length: 12 }, (_, i) => `shop/s${i}`);
  const options = { stateDir, serviceCidr: ['192.0.2.0/28'] };
  const yaml = (keys: string[]) => ({
    'a.yaml': keys.map((key) => serviceYaml(key)).join('---\n'),
  });
  // The first run gives to s6 to s11 alone what they would have to share out with the others.
  const first = new LiveSource(t, yaml(names.slice(6)), options);
  const before = names.slice(6).map((key) => first.clusterIps(key));
  first.source.stop();
  const second = new LiveSource(t, yaml(names), options);
  assert.deepEqual(
    names.slice(6).map((key) => second.clusterIps(key)),
    before,
  );
  assert.equal(new Set(names.map((key) => String(second.clusterIps(key)))).size, 12);
  assert.equal(existsSync(`${stateDir}/vips.json`), true);
});

test('ManifestSource serves without a state file that can be used', (t: TestContext) => {
  const state = new TemporaryFolder(t, { 'vips.json': '{' });
  const live = new LiveSource(t, { 'a.yaml': serviceYaml('shop/web') }, { stateDir: state.path });
  assert.deepEqual(live.services, ['shop/web 80']);
  assert.match(live.problems[0], /vips\.json: expected virtual IPs by Service/);
  const written = JSON.parse(readFileSync(state.at('vips.json'), 'utf8'));
  assert.deepEqual(written, { version: 1, addresses: { 'shop/web': live.clusterIps('shop/web') } });
});

test('ManifestSource reads what kubectl get -o yaml writes', (t: TestContext) => {
  const live = new LiveSource(t, {
    'all.yaml': readFileSync(new URL('fixtures/kubectl-get.yaml', import.meta.url), 'utf8'),
  });
  assert.deepEqual(live.problems, []);
  assert.deepEqual(live.services, ['default/kubernetes 443', 'shop/db 5432', 'shop/web 80']);
  assert.deepEqual(live.clusterIps('shop/web'), ['10.96.10.10']);
  assert.deepEqual(
    live.store
      .slicesOf('shop/db')
      .flatMap(({ endpoints }) => endpoints.map(({ hostname }) => hostname)),
    ['db-0'],
  );
  assert.deepEqual(
    live.store.podsByIp('10.244.0.5').map(({ name, ready }) => [name, ready]),
    [['db-0', true]],
  );
});

test('ManifestSource takes up a file once it may be read', {
  skip: process.getuid?.() === 0 && 'root reads everything',
}, async (t: TestContext) => {
  const live = new LiveSource(t, {});
  const path = live.folder.write('a.yaml', serviceYaml('shop/web'));
  chmodSync(path, 0);
  await live.until(() => live.problems.length > 0);
  chmodSync(path, 0o600);
  await live.untilServices('shop/web 80');
});
