/** A folder for one test, removed after it; files are given as texts by their paths. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

export class TemporaryFolder {
  readonly path: string;

  constructor(t: TestContext, files: Readonly<Record<string, string>> = {}) {
    this.path = mkdtempSync(join(tmpdir(), 'vipdns-'));
    t.after(() => rmSync(this.path, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  at(name: string): string {
    return join(this.path, name);
  }
}

/** A Service manifest of one port; `spec` adds lines to its spec. */
export function serviceYaml(key: string, ...spec: string[]): string {
  const [namespace, name] = key.split('/');
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
${['ports:', '- port: 80', ...spec].map((line) => `  ${line}\n`).join('')}`;
}
