/** The nameservers of a resolv.conf: its text, and a real file that changes in every way in which one does. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../../src/dns/address.ts';
import { parseResolvConf } from '../../src/forwarder/resolv-conf.ts';
import { ResolvConfWatcher } from '../../src/forwarder/resolv-conf-watcher.ts';
import type { LogFields } from '../../src/monitoring/log-event.ts';

test('parseResolvConf() takes the addresses of nameserver lines, in their order', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['nameserver 192.0.2.1', ['192.0.2.1']],
    ['nameserver 192.0.2.1\nnameserver 192.0.2.2\n', ['192.0.2.1', '192.0.2.2']],
    ['nameserver 192.0.2.1\r\nnameserver\t2001:DB8:0::1\r\n', ['192.0.2.1', '2001:db8::1']],
    ['nameserver fe80::1%eth0\n', ['fe80::1%eth0']],
    ['nameserver ::ffff:192.0.2.1\n', ['192.0.2.1']],
    ['  nameserver   192.0.2.1   # ours', ['192.0.2.1']],
    [
      'nameserver 192.0.2.2\nnameserver 192.0.2.1\nnameserver 192.0.2.2',
      ['192.0.2.2', '192.0.2.1'],
    ],
    // What the C library makes of it.
    ['nameserver 0.0.0.0\nnameserver ::', ['127.0.0.1', '::1']],
    ['# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n#nameserver 192.0.2.3', []],
    ['search corp.example\noptions ndots:5\ndomain corp.example\nsortlist 192.0.2.1', []],
    [
      'nameserver\nnameserver \nnameserver192.0.2.1\nnameservers 192.0.2.1\nNAMESERVER 192.0.2.1',
      [],
    ],
    ['nameserver 192.0.2\nnameserver dns.example.org\nnameserver 192.0.2.1:53', []],
    ['nameserver \u0000\n\u00ff\u0000nameserver 192.0.2.1\nnameserver 192.0.2.9', ['192.0.2.9']],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(parseResolvConf(text), expected, JSON.stringify(text));
  }
});

test('parseResolvConf() takes the first 15', () => {
  const all = Array.from({ length: 20 }, (_, i) => `192.0.2.${i}`);
  const text = all.map((address) => `nameserver ${address}\n`).join('');
  assert.deepEqual(parseResolvConf(text), all.slice(0, 15));
});

test('parseResolvConf() gives addresses alone, whatever there is', () => {
  const word = fc.constantFrom('nameserver', ' ', '\n', '\r', '192.0.2.1', 'fe80::1', '%', '#');
  const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 40 }).map((all) => all.join(''));
  fc.assert(
    fc.property(text, (anything) => {
      for (const address of parseResolvConf(anything)) {
        assert.ok(parseAddress(address.replace(/%.*/, '')), address);
      }
    }),
  );
});

const LOOK_MS = 3000;
const SETTLE_MS = 200;

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A watcher of `resolv.conf` in a folder of its own, in a time that the test makes pass. */
function watchInTestTime(t: TestContext, text: string | undefined, own: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-resolv-conf-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'resolv.conf');
  if (text !== undefined) writeFileSync(path, text);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const changes: (readonly string[])[] = [];
  const logged: Logged[] = [];
  const watcher = new ResolvConfWatcher({
    path,
    isOwn: (address) => own.includes(address),
    onChange: (addresses) => changes.push(addresses),
    log: (...[level, message, fields]) => logged.push({ level, message, fields }),
  });
  t.after(() => watcher.stop());
  return {
    folder,
    path,
    watcher,
    changes,
    /** Gives what was logged since the last call. */
    takeLogged: () => logged.splice(0),
    /** Lets a look see what is there, and another agree. */
    look() {
      t.mock.timers.tick(LOOK_MS);
      t.mock.timers.tick(SETTLE_MS);
    },
    pass: (ms: number) => t.mock.timers.tick(ms),
  };
}

test('ResolvConfWatcher has the list at once, and says nothing while nothing changes', (t: TestContext) => {
  const { watcher, changes, look, takeLogged } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  assert.deepEqual(watcher.addresses, ['192.0.2.1']);
  for (let i = 0; i < 5; i++) look();
  assert.deepEqual(changes, []);
  assert.deepEqual(takeLogged(), []);
});

test('ResolvConfWatcher follows a file that is written over, with as many bytes', (t: TestContext) => {
  const { path, watcher, changes, look } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  writeFileSync(path, 'nameserver 192.0.2.2\n');
  // The file system's clock may stand still for some milliseconds.
  utimesSync(path, 1, 1);
  look();
  assert.deepEqual(changes, [['192.0.2.2']]);
  assert.deepEqual(watcher.addresses, ['192.0.2.2']);
});

test('ResolvConfWatcher follows a file that is replaced', (t: TestContext) => {
  const { path, changes, look } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  writeFileSync(`${path}.new`, 'nameserver 192.0.2.2\nnameserver 192.0.2.3\n');
  renameSync(`${path}.new`, path);
  look();
  assert.deepEqual(changes, [['192.0.2.2', '192.0.2.3']]);
});

test('ResolvConfWatcher follows a link whose target changes, as in a volume of Kubernetes', (t: TestContext) => {
  const { folder, path, changes, look } = watchInTestTime(t, undefined);
  const place = (name: string, text: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'resolv.conf'), text);
    symlinkSync(name, join(folder, 'new'));
    renameSync(join(folder, 'new'), join(folder, 'data'));
  };
  place('first', 'nameserver 192.0.2.1\n');
  symlinkSync('data/resolv.conf', path);
  look();
  place('second', 'nameserver 192.0.2.2\n');
  look();
  assert.deepEqual(changes, [['192.0.2.1'], ['192.0.2.2']]);
});

test('ResolvConfWatcher waits for a file that is being written', (t: TestContext) => {
  const { path, changes, pass, takeLogged } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  writeFileSync(path, '');
  pass(LOOK_MS);
  writeFileSync(path, 'nameserver 192.0.2.2\n');
  pass(SETTLE_MS);
  assert.deepEqual(changes, []);
  pass(SETTLE_MS);
  assert.deepEqual(changes, [['192.0.2.2']]);
  assert.deepEqual(takeLogged(), []);
});

test('ResolvConfWatcher does not tell of a change that leaves the nameservers as they were', (t: TestContext) => {
  const { path, changes, look } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  writeFileSync(path, 'search corp.example\nnameserver 192.0.2.1\n');
  look();
  assert.deepEqual(changes, []);
});

test('ResolvConfWatcher keeps the last good list, and says so once', (t: TestContext) => {
  const { path, watcher, changes, look, takeLogged } = watchInTestTime(t, 'nameserver 192.0.2.1');
  const useless: readonly (() => void)[] = [
    () => rmSync(path),
    () => writeFileSync(path, ''),
    () => writeFileSync(path, 'nameserver dns.example.org\n'),
  ];
  for (const makeUseless of useless) {
    makeUseless();
    look();
    look();
  }
  assert.deepEqual(watcher.addresses, ['192.0.2.1']);
  assert.deepEqual(takeLogged(), [
    {
      level: 'warn',
      message: 'resolv.conf is of no use, its last nameservers stay',
      fields: {
        code: 'ERR_RESOLV_CONF',
        path,
        reason: 'no such file or directory',
        addresses: ['192.0.2.1'],
      },
    },
  ]);
  writeFileSync(path, 'nameserver 192.0.2.2\n');
  look();
  assert.deepEqual(changes, [['192.0.2.2']]);
  assert.deepEqual(takeLogged(), [
    {
      level: 'info',
      message: 'resolv.conf can be used again',
      fields: { path, addresses: ['192.0.2.2'] },
    },
  ]);
  rmSync(path);
  look();
  assert.equal(takeLogged()[0].level, 'warn');
});

test('ResolvConfWatcher begins without anybody where there is no file, and takes the first one', (t: TestContext) => {
  const { path, watcher, changes, look, takeLogged } = watchInTestTime(t, undefined);
  assert.deepEqual(watcher.addresses, []);
  assert.deepEqual(
    takeLogged().map(({ level, fields }) => [level, fields?.code, fields?.reason]),
    [['error', 'ERR_RESOLV_CONF', 'no such file or directory']],
  );
  writeFileSync(path, 'nameserver 192.0.2.1\n');
  look();
  assert.deepEqual(changes, [['192.0.2.1']]);
});

test('ResolvConfWatcher does not wait for what is no file', (t: TestContext) => {
  const { path, watcher, look, takeLogged } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  rmSync(path);
  mkdirSync(path);
  look();
  assert.deepEqual(watcher.addresses, ['192.0.2.1']);
  assert.equal(takeLogged()[0].fields?.reason, 'it is no file');
});

test('ResolvConfWatcher leaves our own addresses out, and says when nobody is left', (t: TestContext) => {
  const text = 'nameserver 192.0.2.53\nnameserver 192.0.2.1\n';
  const { path, watcher, changes, look, takeLogged } = watchInTestTime(t, text, ['192.0.2.53']);
  assert.deepEqual(watcher.addresses, ['192.0.2.1']);
  const self = {
    level: 'warn',
    message: 'nameservers of resolv.conf are this very server and are left out',
    fields: { code: 'ERR_UPSTREAM_IS_SELF', path, addresses: ['192.0.2.53'] },
  };
  assert.deepEqual(takeLogged(), [self]);
  writeFileSync(path, 'nameserver 192.0.2.53\n');
  look();
  assert.deepEqual(changes, [[]]);
  assert.deepEqual(takeLogged(), [
    self,
    {
      level: 'error',
      message: 'no upstream is left in resolv.conf',
      fields: { code: 'ERR_NO_UPSTREAM', path },
    },
  ]);
});

test('ResolvConfWatcher.stop() ends it', (t: TestContext) => {
  const { path, watcher, changes, look } = watchInTestTime(t, 'nameserver 192.0.2.1\n');
  writeFileSync(path, 'nameserver 192.0.2.2\n');
  watcher.stop();
  look();
  assert.deepEqual(changes, []);
});
