/**
 * What it takes to read 10,000 Services and 10,000 EndpointSlices of 15 endpoints, as JSON and as YAML, and to
 * look at 20,000 files. Prints one line for each; the memory is the most that the process ever had, so that
 * one form at a time can be asked for: `node manifest-source.bench.ts yaml`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { findFiles } from '../../../../src/source/manifests/find-files.ts';
import { ManifestSource } from '../../../../src/source/manifests/manifest-source.ts';
import { Store } from '../../../../src/source/store.ts';

const SERVICES = 10_000;
const FILES = 100;
const LOOKED_AT = 20_000;

const wanted = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'vipdns-bench-'));
try {
  if (wanted === undefined || wanted === 'json') {
    measureRead('json', (objects) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    );
  }
  if (wanted === undefined || wanted === 'yaml') {
    const text = measureRead('yaml', (objects) =>
      objects.map((one) => stringify(one)).join('---\n'),
    );
    const parseInFull = () => parseAllDocuments(text).map((document) => document.toJS());
    parseInFull();
    const startedAt = performance.now();
    for (let i = 0; i < 5; i++) parseInFull();
    const speed = (text.length * 5) / 1000 / (performance.now() - startedAt);
    console.log(`the yaml library alone: ${speed.toFixed(1)} MB/s`);
  }
  if (wanted === undefined || wanted === 'look') measureLook();
} finally {
  rmSync(folder, { recursive: true });
}

/** Gives the text of the last file. */
function measureRead(extension: string, format: (objects: object[]) => string): string {
  let text = '';
  let bytes = 0;
  for (let file = 0; file < FILES; file++) {
    const perFile = SERVICES / FILES;
    text = format(Array.from({ length: perFile }, (_, i) => objectsOf(file * perFile + i)).flat());
    bytes += text.length;
    writeFileSync(join(folder, `${file}.${extension}`), text);
  }
  const store = new Store();
  const startedAt = performance.now();
  new ManifestSource({ folders: [folder], serviceCidr: ['10.96.0.0/12'], store }).read();
  const ms = Math.round(performance.now() - startedAt);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${extension}: ${store.serviceCount} Services, ${(bytes / 1e6).toFixed(1)} MB in ${ms} ms, ${peak} MB at most`,
  );
  for (let file = 0; file < FILES; file++) rmSync(join(folder, `${file}.${extension}`));
  return text;
}

function measureLook(): void {
  for (let i = 0; i < LOOKED_AT; i++) writeFileSync(join(folder, `${i}.yaml`), '');
  let found = findFiles([folder]);
  const startedAt = performance.now();
  for (let i = 0; i < 5; i++) found = findFiles([folder], found);
  const ms = Math.round((performance.now() - startedAt) / 5);
  console.log(`a look at ${found.files.size} files: ${ms} ms`);
}

function objectsOf(index: number): object[] {
  const name = `service-${index}`;
  const namespace = `team-${index % 100}`;
  const ports = [
    { name: 'http', port: 80, protocol: 'TCP' },
    { name: 'metrics', port: 9090, protocol: 'TCP' },
  ];
  const endpoints = Array.from({ length: 15 }, (_, i) => {
    const number = index * 15 + i;
    return {
      addresses: [`10.${128 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${number % 5000}`,
      targetRef: { kind: 'Pod', name: `${name}-6d4cf56db6-${number}`, namespace },
    };
  });
  const labels = { 'kubernetes.io/service-name': name, app: name };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels: { app: name } },
      spec: { selector: { app: name }, ports },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-x7k2p`, namespace, labels },
      addressType: 'IPv4',
      ports,
      endpoints,
    },
  ];
}
