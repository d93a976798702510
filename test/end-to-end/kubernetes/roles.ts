/** The roles of config/kubernetes on a real API server, whole or with something missing. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { ApiJson } from '../../source/kubernetes/emulation/encode-protobuf.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject } from './real-objects.ts';

const FOLDER = new URL('../../../config/kubernetes/', import.meta.url);

/** Who is looked at, and where. */
export interface Permission {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly namespace?: string;
}

export interface ApplyOptions {
  /** For objects that do not name theirs, as with `kubectl apply --namespace`. */
  readonly namespace?: string;
  /** A resource that no role allows. */
  readonly without?: string;
}

/** Puts everything that a file has. */
export async function applyFile(
  real: RealApiServer,
  file: string,
  { namespace, without }: ApplyOptions = {},
): Promise<void> {
  for (const object of readDocuments(file)) {
    const { kind, metadata, rules } = object as { kind: string; metadata: ApiJson; rules?: Rule[] };
    const isNamespaced = !kind.startsWith('Cluster');
    await putObject(real, `${kind.toLowerCase()}s`, {
      ...object,
      metadata: { ...(isNamespaced && { namespace }), ...metadata },
      ...(rules && { rules: rules.map((rule) => leaveOut(rule, without)) }),
    });
  }
}

export function readDocuments(file: string): ApiJson[] {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** Waits until the API server acts on its own rules, which it hears of a little later. */
export async function untilAllowed(
  real: RealApiServer,
  { user, ...resourceAttributes }: Permission,
  isAllowed = true,
): Promise<void> {
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  for (;;) {
    const { json } = await real.send('POST', path, { spec: { user, resourceAttributes } });
    if ((json as { status: { allowed: boolean } }).status.allowed === isAllowed) return;
  }
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** A rule has to have a resource: where none is left, it allows no verb on its own. */
function leaveOut(rule: Rule, without: string | undefined): Rule {
  const resources = rule.resources.filter((resource) => resource !== without);
  return resources.length > 0 ? { ...rule, resources } : { ...rule, resources: ['nothing'] };
}
