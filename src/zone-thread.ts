/**
 * The zone thread: source -> store -> zone -> table. The only writer of the table; taking in everything at once
 * delays nobody but itself. In: the configuration and shared memory; out: records, counters, events to log.
 */
import { parentPort } from 'node:worker_threads';
import { matchesLabels, parseLabelSelector } from './config/label-selector.ts';
import { threadData } from './early-thread.ts';
import { ZoneGauges } from './monitoring/zone-gauges.ts';
import { compactHeap } from './return-memory.ts';
import { ManifestFolderError } from './source/manifests/manifest-source.ts';
import { keyOf, type ObjectKey } from './source/resources.ts';
import { createSelection } from './source/selection.ts';
import { Store } from './source/store.ts';
import { TableWriter } from './table/table-writer.ts';
import type {
  ZoneSummary,
  ZoneThreadCommand,
  ZoneThreadData,
  ZoneThreadMessage,
} from './threads.ts';
import { exampleQuestions } from './zone/example-questions.ts';
import { isWhole, type ZoneState, ZoneStatus } from './zone/status.ts';
import { Zone } from './zone/zone.ts';
import type { ZoneImage, ZoneImageAbout, ZoneImageContent } from './zone-image.ts';
import { createZoneSource, loadClusterSource } from './zone-source.ts';

// A Pod most likely follows its cluster: what that takes is loaded while the configuration is still read.
if (process.env.KUBERNETES_SERVICE_HOST !== undefined) await loadClusterSource();
const { configuration, zones, memory, addresses, gauges, vips, isSuccessor } =
  threadData<ZoneThreadData>();
const table = new TableWriter(memory.table);
const status = new ZoneStatus(memory.status);
const labelRequirements = parseLabelSelector(configuration.labels) ?? [];
const namespaceRequirements = parseLabelSelector(configuration.namespaceLabels) ?? [];
const store = new Store({
  accepts: createSelection({
    namespaces: configuration.namespaces,
    matchesLabels: (labels) => matchesLabels(labelRequirements, labels),
  }),
});
const zoneGauges = new ZoneGauges(gauges);
const image = await createImage();
/** What is served of an earlier run, until all objects are known. A successor's responders have something newer. */
const restored = isSuccessor ? undefined : image?.read();
if (restored !== undefined) {
  serveRestored(restored);
  image?.settle();
}
const zone = new Zone({
  ...configuration,
  hasPodNames: configuration.pods !== 'disabled',
  table,
  status,
  zones,
  addresses,
  now: () => Math.floor(Date.now() / 1000),
});
const source = await createZoneSource({
  configuration,
  store,
  vips,
  servedSince: restored?.takenAt,
  mayRestore: !isSuccessor,
  onVips: (given) => tell({ kind: 'vips', vips: given }),
  onChange: applyChanges,
  onLog: (event) => tell({ kind: 'log', event }),
});

/** A list leaves as much behind as it brings; V8 would keep the room for the next one. */
const COLLECT_AFTER_MS = 500;
/** Collecting takes a tenth of a second or more, which longer lists would pay again and again. */
const COLLECT_EVERY_MS = 2000;
/** Services that change at once, as when a folder is unpacked. */
const MANY_SERVICES = 1000;

/** Nobody looks more often, and changes come by the thousand; what has nothing to do with them is told, too. */
const GAUGES_EVERY_MS = 250;
setInterval(writeGauges, GAUGES_EVERY_MS).unref();

/** While Services are served from an earlier run with all of their endpoints, a part of them must not take their place. */
let isKeepingBack = restored !== undefined;
const keptBack = new Set<ObjectKey>();
let toldRefused = 0;
let collecting: NodeJS.Timeout | undefined;
let collectedAt = Number.NEGATIVE_INFINITY;
let knownLists = 0;

parentPort?.on('message', obey);
start();

/** Only a cluster has an image: manifests are there themselves. */
async function createImage(): Promise<ZoneImage | undefined> {
  if (configuration.stateDir === '' || configuration.source.kubernetes === null) return undefined;
  const { ZoneImage } = await import('./zone-image.ts');
  return new ZoneImage({
    configuration,
    table,
    content: () => (status.state === 'ready' ? describeContent() : undefined),
    onLog: (event) => tell({ kind: 'log', event }),
  });
}

/** Answers at once, before anything else is even loaded. */
function serveRestored({ takenAt, summary, names, endpoints, serial }: ZoneImageAbout): void {
  status.serial = serial;
  status.state = 'stale';
  const { services, namespaces } = summary;
  const held = { services, namespaces, names, endpoints, serial };
  zoneGauges.set({ ...held, apiStaleSinceSeconds: takenAt / 1000 });
  const fields = { code: 'ERR_STALE', takenAt: new Date(takenAt).toISOString(), names };
  const event = { level: 'warn', message: 'serving the zone of an earlier run', fields } as const;
  tell({ kind: 'log', event });
  tell({ kind: 'ready', summary });
}

function start(): void {
  try {
    source.start();
  } catch (error) {
    if (!(error instanceof ManifestFolderError)) throw error;
    tell({ kind: 'failed', message: error.message, code: error.code });
    // A successor tries again, by dying; the first thread's failure ends the start.
    if (isSuccessor) parentPort?.close();
  }
}

/** Hands to the zone what changed in the store. */
function applyChanges(): void {
  const { changes } = table;
  const { services, namespaces, podIps } = store.takeChanges();
  for (const key of services) setService(key);
  for (const name of namespaces) setNamespace(name);
  if (configuration.pods === 'verified') {
    for (const ip of podIps) zone.setPodAddress(ip, namespacesOf(ip));
  }
  settleState();
  zone.commit();
  if (table.changes !== changes) image?.noteChange();
  const { lists } = source;
  if (services.size + podIps.size > MANY_SERVICES || lists > knownLists) collectLater();
  knownLists = lists;
  tellRefused();
}

/** Not while Services are taken in: collecting then is a tenth of that, for garbage that comes again at once. */
function collectLater(): void {
  if (collecting !== undefined || !source.areServicesKnown) return;
  const earliest = collectedAt + COLLECT_EVERY_MS - performance.now();
  collecting = setTimeout(collect, Math.max(earliest, COLLECT_AFTER_MS)).unref();
}

function collect(): void {
  compactHeap();
  collecting = undefined;
  collectedAt = performance.now();
  tell({ kind: 'settled' });
}

/** From the first objects to all of them. */
function settleState(): void {
  setKeptBack();
  const state = presentState();
  if (state === status.state) return;
  if (state === 'ready') {
    zone.dropRestoredPointers();
    table.sweep();
  }
  zone.commit();
  const wasWhole = isWhole(status.state);
  status.state = state;
  if (state === 'ready') {
    zoneGauges.set({ ready: 1 });
    // Changes that came earlier made no image of the whole.
    image?.noteChange();
  }
  writeGauges();
  collectLater();
  if (!wasWhole && isWhole(state)) tell({ kind: 'ready', summary: summarize() });
}

function presentState(): ZoneState {
  if (source.isComplete) return 'ready';
  if (source.isStale) return 'stale';
  return source.areServicesKnown ? 'servicesKnown' : 'starting';
}

/**
 * Once all Services are known, what was kept back takes the place of what an earlier run has served. What is left by an
 * error is set the next time.
 */
function setKeptBack(): void {
  if (!isKeepingBack && keptBack.size === 0) return;
  if (!source.areServicesKnown) return;
  isKeepingBack = false;
  for (const key of keptBack) {
    keptBack.delete(key);
    setService(key);
  }
  zone.dropRestoredPointers();
}

/** A table that is full lacks names, which nobody would notice before somebody asks for one. */
function tellRefused(): void {
  if (zone.refused === toldRefused) return;
  const fields = {
    code: 'ERR_TABLE_FULL',
    refused: zone.refused - toldRefused,
    limitBytes: table.stats().limitBytes,
  };
  toldRefused = zone.refused;
  tell({
    kind: 'log',
    event: { level: 'error', message: 'table is full, names are missing', fields },
  });
}

function writeGauges(): void {
  const isRestored = restored !== undefined && status.state !== 'ready';
  const held = isRestored
    ? { ...restored.summary, endpoints: restored.endpoints, names: restored.names }
    : { ...counts(), endpoints: zone.endpoints, names: zone.names };
  const { usedBytes, reservedBytes, retiredBytes, limitBytes, rejected } = table.stats();
  zoneGauges.set({
    names: held.names,
    services: held.services,
    endpoints: held.endpoints,
    namespaces: held.namespaces,
    serial: status.serial,
    lastChangeSeconds: zone.changedAt,
    tableUsedBytes: usedBytes,
    tableReservedBytes: reservedBytes,
    tableRetiredBytes: retiredBytes,
    tableLimitBytes: limitBytes,
    tableRejected: rejected,
    ...source.gauges,
  });
}

function setService(key: ObjectKey): void {
  if (isKeepingBack) {
    keptBack.add(key);
    return;
  }
  const service = store.service(key);
  if (service === undefined || !isExposed(service.namespace)) {
    zone.setService(key, undefined);
    return;
  }
  zone.setService(key, { service, groups: source.endpointsOf(service) });
}

/** With `namespaceLabels` a namespace's own object decides about everything in it. */
function setNamespace(name: string): void {
  zone.setNamespace(name, store.hasNamespace(name) && isExposed(name));
  if (namespaceRequirements.length === 0) return;
  for (const service of store.services()) {
    if (service.namespace === name) setService(keyOf(service));
  }
  if (configuration.pods !== 'verified') return;
  for (const pod of store.podsIn(name)) {
    for (const ip of pod.ips) zone.setPodAddress(ip, namespacesOf(ip));
  }
}

function isExposed(namespace: string): boolean {
  return matchesLabels(namespaceRequirements, store.labelsOfNamespace(namespace));
}

function namespacesOf(ip: string): Set<string> {
  const present = store.podsByIp(ip).filter((pod) => !pod.gone);
  return new Set(present.map((pod) => pod.namespace).filter(isExposed));
}

function describeContent(): ZoneImageContent {
  const { endpoints, names } = zone;
  return { summary: summarize(), endpoints, names, serial: status.serial };
}

function counts() {
  return { services: store.serviceCount, namespaces: store.namespaceCount };
}

function summarize(): ZoneSummary {
  return {
    ...counts(),
    problems: source.problems,
    examples: exampleQuestions(store.services(), configuration.zones[0]),
  };
}

function obey(command: ZoneThreadCommand): void {
  switch (command.kind) {
    case 'stop':
      source.stop();
      void image?.close();
      parentPort?.close();
      return;
  }
}

function tell(message: ZoneThreadMessage): void {
  parentPort?.postMessage(message);
}
