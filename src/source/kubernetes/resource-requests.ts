/** The requests for one resource, in one namespace or all, with its selectors. */
import type { ApiRequest } from './api-client.ts';
import { type ApiResource, pathOf, ruleOf } from './api-resource.ts';
import { ACCEPT, ACCEPT_METADATA, ACCEPT_METADATA_LIST } from './content-type.ts';

/** What is watched by one reflector. */
export interface Scope {
  readonly resource: ApiResource;
  /** All namespaces where it is empty. */
  readonly namespace: string;
  /** All objects where it is empty. */
  readonly labelSelector: string;
}

/** A list whose server hangs is of no use; one that is long comes without such pauses. */
const LIST_SILENCE_MS = 30_000;

export class ResourceRequests {
  readonly #scope: Scope;
  readonly #path: string;
  readonly #selectors: Readonly<Record<string, string>>;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#path = pathOf(scope.resource, scope.namespace);
    const { labelSelector, resource } = scope;
    this.#selectors = {
      ...(labelSelector !== '' && { labelSelector }),
      ...(resource.fieldSelector !== '' && { fieldSelector: resource.fieldSelector }),
    };
  }

  /** Asks for a page of objects; for all of them where `limit` is 0. Without a version the server reads the newest. */
  list(page: { readonly limit: number; readonly continueToken: string }): ApiRequest {
    const accept = this.#scope.resource.isMetadataOnly ? ACCEPT_METADATA_LIST : ACCEPT;
    return this.#request('list', {
      accept,
      query: pageQuery(page),
      silenceMs: () => LIST_SILENCE_MS,
    });
  }

  /** Asks which objects there are in which versions. */
  listIdentities(page: { readonly limit: number; readonly continueToken: string }): ApiRequest {
    const query = pageQuery(page);
    return this.#request('list', {
      accept: ACCEPT_METADATA_LIST,
      query,
      silenceMs: () => LIST_SILENCE_MS,
    });
  }

  /** Asks for changes since a version; for all objects first where there is none (a streaming list). */
  watch(options: {
    readonly since: number | undefined;
    readonly timeoutSeconds: number;
    readonly silenceMs: () => number;
  }): ApiRequest {
    const { since, timeoutSeconds, silenceMs } = options;
    const start =
      since === undefined
        ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion: since };
    const query = { watch: true, allowWatchBookmarks: true, timeoutSeconds, ...start };
    const accept = this.#scope.resource.isMetadataOnly ? ACCEPT_METADATA : ACCEPT;
    return this.#request('watch', { accept, query, silenceMs });
  }

  #request(
    verb: 'list' | 'watch',
    { query, ...rest }: Pick<ApiRequest, 'accept' | 'query' | 'silenceMs'>,
  ): ApiRequest {
    const { resource, namespace } = this.#scope;
    const where = namespace === '' ? '' : ` in namespace "${namespace}"`;
    const role = namespace === '' ? 'a ClusterRole' : `a Role in namespace "${namespace}"`;
    return {
      action: `Cannot ${verb} ${resource.plural}${where}`,
      advice: `${role} has to allow ${ruleOf(resource)}`,
      path: this.#path,
      query: { ...query, ...this.#selectors },
      ...rest,
    };
  }
}

function pageQuery({ limit, continueToken }: { limit: number; continueToken: string }) {
  return {
    ...(limit > 0 && { limit }),
    ...(continueToken !== '' && { continue: continueToken }),
  };
}
