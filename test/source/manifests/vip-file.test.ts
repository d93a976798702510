import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { formatProblem } from '../../../src/source/manifests/problem.ts';
import { VipFile } from '../../../src/source/manifests/vip-file.ts';
import { TemporaryFolder } from './temporary-folder.ts';

function open(folder: string): { file: VipFile; problems: string[] } {
  const problems: string[] = [];
  const file = new VipFile(folder, {
    onProblem: (problem) => problems.push(formatProblem(problem)),
  });
  return { file, problems };
}

const MEMORY = new Map([
  ['shop/gone', ['10.96.1.1']],
  ['shop/web', ['10.96.1.2', 'fd00:96::2']],
]);

test('VipFile.read() gives what write() was given, in its order', (t: TestContext) => {
  const folder = new TemporaryFolder(t).at('new/state');
  const { file, problems } = open(folder);
  assert.deepEqual(file.read(), new Map());
  file.write(MEMORY);
  assert.deepEqual([...open(folder).file.read()], [...MEMORY]);
  assert.deepEqual(problems, []);
  assert.deepEqual(readdirSync(folder), ['vips.json']);
});

test('VipFile.write() leaves a file alone that holds the same', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  open(folder.path).file.write(MEMORY);
  const { file } = open(folder.path);
  file.read();
  folder.write('vips.json', 'changed by someone');
  file.write(MEMORY);
  assert.equal(readFileSync(folder.at('vips.json'), 'utf8'), 'changed by someone');
});

for (const [what, text] of [
  ['cut off', '{"version": 1, "addr'],
  ['empty', ''],
  ['of a later version', '{"version": 2, "addresses": {}}'],
  ['something else', '[1, 2]'],
  ['without addresses', '{"version": 1}'],
  ['with a list missing', '{"version": 1, "addresses": {"a": "10.96.0.1"}}'],
  ['with what is no address', '{"version": 1, "addresses": {"a": ["10.96.0.256"]}}'],
  ['with an address in another form', '{"version": 1, "addresses": {"a": ["FD00:96::1"]}}'],
]) {
  test(`VipFile.read() sets a file aside that is ${what}`, (t: TestContext) => {
    const folder = new TemporaryFolder(t, { 'vips.json': text });
    const { file, problems } = open(folder.path);
    assert.deepEqual(file.read(), new Map());
    assert.equal(readFileSync(folder.at('vips.json.damaged'), 'utf8'), text);
    assert.equal(existsSync(folder.at('vips.json')), false);
    assert.deepEqual(problems, [
      `${folder.at('vips.json')}: expected virtual IPs by Service, version 1: received something else, now in ${folder.at('vips.json.damaged')}`,
    ]);
    file.write(MEMORY);
    assert.deepEqual([...open(folder.path).file.read()], [...MEMORY]);
  });
}

test('VipFile.read() and write() report a file that cannot be used, and go on', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  mkdirSync(folder.at('vips.json'));
  const { file, problems } = open(folder.path);
  assert.deepEqual(file.read(), new Map());
  file.write(MEMORY);
  assert.equal(problems.length, 2);
  assert.match(problems[0], /expected a readable file: received illegal operation on a directory$/);
  assert.match(problems[1], /expected a file to write virtual IPs to: received /);
  const blocked = open(folder.write('a-file', ''));
  blocked.file.write(MEMORY);
  assert.match(blocked.problems[0], /expected a file to write virtual IPs to: received /);
});

test('VipFile.write() reports a folder that cannot be made, and does not try for ever', () => {
  const problems: string[] = [];
  const file = new VipFile('/proc/vipdns', {
    onProblem: (problem) => problems.push(formatProblem(problem)),
  });
  file.write(new Map([['shop/web', ['10.96.0.1']]]));
  assert.equal(problems.length, 1);
  assert.match(problems[0], /^\/proc\/vipdns\/vips\.json: expected a file to write virtual IPs to/);
});
