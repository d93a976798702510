/** One resource as the Kubernetes API gives it: as a list, as a watch, or as a watch that begins with the list. */
import type { ServerResponse } from 'node:http';
import { type KubernetesObject, RESOURCE_VERSION } from '../objects.ts';

export class Collection {
  readonly #objects: readonly KubernetesObject[];
  readonly #apiVersion: string;
  readonly #kind: string;

  constructor(objects: readonly KubernetesObject[]) {
    this.#objects = objects;
    this.#apiVersion = objects[0].apiVersion;
    this.#kind = objects[0].kind;
  }

  /** Sends the list, whole: `limit` is a wish that a server need not grant. */
  list(response: ServerResponse): void {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        apiVersion: this.#apiVersion,
        kind: `${this.#kind}List`,
        metadata: { resourceVersion: RESOURCE_VERSION },
        items: this.#objects,
      }),
    );
  }

  /** Opens a watch in which nothing ever happens, after the objects if `sendInitialEvents` asks for them. */
  watch(response: ServerResponse, { sendInitialEvents }: { sendInitialEvents: boolean }): void {
    response.setHeader('content-type', 'application/json');
    response.flushHeaders();
    if (!sendInitialEvents) return;
    for (const object of this.#objects) writeEvent(response, 'ADDED', object);
    writeEvent(response, 'BOOKMARK', {
      apiVersion: this.#apiVersion,
      kind: this.#kind,
      metadata: {
        resourceVersion: RESOURCE_VERSION,
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    });
  }
}

function writeEvent(response: ServerResponse, type: 'ADDED' | 'BOOKMARK', object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}
