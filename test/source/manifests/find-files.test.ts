import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type FoundFiles, findFiles } from '../../../src/source/manifests/find-files.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** Paths of the files found, relative to the folder. */
function paths(folder: TemporaryFolder, { files }: FoundFiles): string[] {
  return [...files.keys()].map((path) => path.slice(folder.path.length + 1));
}

test('findFiles() finds YAML and JSON files, in sub-folders too, in path order', (t: TestContext) => {
  const names = ['a.yaml', 'b/c/d.yml', 'b/x.json', 'z.json'];
  const folder = new TemporaryFolder(t);
  for (const name of ['readme.md', 'a.yaml.bak', ...names.toReversed()]) folder.write(name, '');
  assert.deepEqual(paths(folder, findFiles([folder.path])), names);
});

test('findFiles() passes over hidden files and folders', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { '.a.yaml': '', '.git/b.yaml': '', 'c.yaml': '' });
  assert.deepEqual(paths(folder, findFiles([folder.path])), ['c.yaml']);
});

test('findFiles() follows the links of a ConfigMap volume, and sees when they are exchanged', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { '..2026_1/a.yaml': '', '..2026_2/a.yaml': '' });
  symlinkSync('..2026_1', folder.at('..data'));
  symlinkSync('..data/a.yaml', folder.at('a.yaml'));
  const before = findFiles([folder.path]);
  assert.deepEqual(paths(folder, before), ['a.yaml']);
  symlinkSync('..2026_2', folder.at('..data_tmp'));
  renameSync(folder.at('..data_tmp'), folder.at('..data'));
  const after = findFiles([folder.path]);
  assert.deepEqual(paths(folder, after), ['a.yaml']);
  assert.notDeepEqual([...before.files.values()], [...after.files.values()]);
});

test('findFiles() walks a folder once, whatever links lead to it', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'a/b.yaml': '' });
  symlinkSync('..', folder.at('a/loop'));
  symlinkSync('a', folder.at('z'));
  const found = findFiles([folder.path, folder.at('a')]);
  assert.deepEqual(paths(folder, found), ['a/b.yaml']);
  assert.deepEqual(found.problems, []);
});

test('findFiles() takes the folders in their order, and a single file by any name', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'a/x.yaml': '', 'b/x.yaml': '', 'all.txt': '' });
  const roots = ['b', 'all.txt', 'a'].map((name) => folder.at(name));
  assert.deepEqual(paths(folder, findFiles(roots)), ['b/x.yaml', 'all.txt', 'a/x.yaml']);
});

test('findFiles() gives a file another stamp when it was written, even with its old time', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'a.yaml': 'a: 1' });
  utimesSync(folder.at('a.yaml'), 1, 1);
  const before = findFiles([folder.path]);
  assert.deepEqual(findFiles([folder.path]).files, before.files);
  rmSync(folder.at('a.yaml'));
  folder.write('a.yaml', 'a: 23');
  utimesSync(folder.at('a.yaml'), 1, 1);
  assert.notDeepEqual(findFiles([folder.path]).files, before.files);
});

test('findFiles() keeps what it knew below a folder that is away, and says so', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'a/b.yaml': '', 'c/d.yaml': '' });
  const roots = [folder.at('a'), folder.at('c')];
  const before = findFiles(roots);
  renameSync(folder.at('a'), folder.at('other'));
  const after = findFiles(roots, before);
  assert.deepEqual(after.files, before.files);
  assert.deepEqual(after.problems, [
    {
      file: folder.at('a'),
      document: 0,
      path: '',
      expected: 'a readable file or folder',
      received: 'no such file or directory',
    },
  ]);
});

test('findFiles() reports a link that leads nowhere', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  symlinkSync('missing', folder.at('a.yaml'));
  symlinkSync('missing', folder.at('not-a-manifest'));
  const { files, problems } = findFiles([folder.path]);
  assert.equal(files.size, 0);
  assert.deepEqual(
    problems.map(({ file }) => file),
    [folder.at('a.yaml')],
  );
});

test('findFiles() takes no notice of files that go while it looks', (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'a/b.yaml': '' });
  const before = findFiles([folder.path]);
  rmSync(folder.at('a'), { recursive: true });
  const after = findFiles([folder.path], before);
  assert.deepEqual([after.files.size, after.problems], [0, []]);
});

test('findFiles() keeps what it knew below a sub-folder that it may not read', {
  skip: process.getuid?.() === 0 && 'root reads everything',
}, (t: TestContext) => {
  const folder = new TemporaryFolder(t, { 'a/b.yaml': '', 'c.yaml': '' });
  const before = findFiles([folder.path]);
  chmodSync(folder.at('a'), 0);
  const after = findFiles([folder.path], before);
  chmodSync(folder.at('a'), 0o700);
  assert.deepEqual(after.files, before.files);
  assert.equal(after.problems.length, 1);
});
