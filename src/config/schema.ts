/**
 * The form of the configuration file: every option with its default, what it must be, and the words that an
 * editor shows. Loading it costs zod's 14 MB and 50 ms, so only the command that reads a configuration does.
 */
import { z } from 'zod';
import { parsePrefix } from '../dns/address.ts';
import { IO_MODES, LOG_LEVELS, POD_MODES } from './configuration.ts';
import { parseDuration } from './duration.ts';
import { forwardOptions } from './forward-schema.ts';
import { findLabelSelectorMistake } from './label-selector.ts';
import { parseSocketAddress } from './socket-address.ts';
import { atLeastOne, explained, list, text, wholeNumber, yesOrNo } from './value-schemas.ts';
import { isClusterDomain, isReverseZone } from './zone-name.ts';

// A configuration is read once: what zod would compile, to read the next one faster, takes it 5 ms.
z.config({ jitless: true });

const MAX_TTL_SECONDS = 3600;
const MAX_RESPONDERS = 16;
const socketAddress = text(
  'an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053"',
  (value) => parseSocketAddress(value) !== undefined,
);
const zoneName = text(
  'a domain name outside in-addr.arpa, such as "cluster.local"',
  isClusterDomain,
);
const reverseZone = text(
  'a zone below in-addr.arpa or ip6.arpa, such as "244.10.in-addr.arpa"',
  isReverseZone,
);
const prefix = text(
  'an address prefix without host bits, such as "10.96.0.0/12" or "fd00:96::/108"',
  (value) => parsePrefix(value) !== undefined,
);
const namespace = text('the name of a namespace', (value) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value),
);
const SELECTOR = 'a label selector, such as "app=web,tier in (front, back)"';
const selector = explained(SELECTOR, findLabelSelectorMistake);
const seconds = wholeNumber('whole seconds from 0 to 3600', [0, MAX_TTL_SECONDS]);
const path = z.string({ error: 'the path of a folder' });
const duration = text(
  'a duration, such as "500ms", "5s" or "1m"',
  (value) => parseDuration(value) !== undefined,
);
const RESPONDERS = '"auto", or a number from 1 to 16';

export const configurationSchema = z
  .strictObject({
    listen: atLeastOne(socketAddress)
      .default(['127.0.0.1:1053'])
      .describe('Where queries are answered, over UDP and TCP: IP addresses with ports.'),
    http: socketAddress
      .default('127.0.0.1:9153')
      .describe('Where /health, /ready and /metrics are served.'),
    source: z
      .strictObject({
        manifests: atLeastOne(path.min(1, { error: 'the path of a folder' }))
          .default(['config/demo'])
          .describe(
            'Folders of Kubernetes manifests, relative to the working directory, not to the configuration file: so a path means the same here and with --manifests.',
          ),
        kubernetes: z
          .strictObject({
            kubeconfig: z
              .string({ error: 'the path of a kubeconfig' })
              .default('')
              .describe('Path of a kubeconfig; the service account of the Pod where it is empty.'),
            context: z
              .string({ error: 'the name of a context' })
              .default('')
              .describe('Context of the kubeconfig; the current one where it is empty.'),
          })
          .nullable()
          .default(null)
          .describe('The Kubernetes API instead of manifests: "{}" in a Pod.'),
      })
      .default({ manifests: ['config/demo'], kubernetes: null })
      .describe('Where Services and endpoints come from.'),
    zones: atLeastOne(zoneName)
      .default(['cluster.local'])
      .describe('Cluster domains; PTR records point into the first.'),
    reverseZones: list(reverseZone)
      .default([])
      .describe(
        'Reverse zones, besides those of serviceCidr, in which a missing name is NXDOMAIN.',
      ),
    serviceCidr: list(prefix)
      .default(['10.96.0.0/12'])
      .describe('Prefixes of virtual IPs; Services without one get theirs from here.'),
    ttl: seconds.default(5).describe('Seconds that an answer may be kept.'),
    negativeTtl: seconds.default(5).describe('Seconds that NODATA and NXDOMAIN may be kept.'),
    pods: z
      .enum(POD_MODES)
      .default('disabled')
      .describe(
        'Names of Pods, <address>.<namespace>.pod: none, whatever the name says, or of Pods that exist.',
      ),
    endpointPodNames: yesOrNo
      .default(false)
      .describe('Name endpoints without a hostname by their Pod, before their address.'),
    noEndpoints: yesOrNo.default(false).describe('Give no name to any endpoint.'),
    ignoreEmptyService: yesOrNo
      .default(false)
      .describe('Give no name to a Service with a virtual IP but without a ready endpoint.'),
    namespaces: list(namespace)
      .default([])
      .describe('The only namespaces that are served; all where it is empty.'),
    namespaceLabels: selector
      .default('')
      .describe('Label selector of the namespaces that are served; all where it is empty.'),
    labels: selector
      .default('')
      .describe('Label selector of the Services, EndpointSlices and Pods that count.'),
    responders: z
      .union([z.literal('auto'), wholeNumber(RESPONDERS, [1, MAX_RESPONDERS])], {
        error: RESPONDERS,
      })
      .default('auto')
      .describe('Threads that answer: a number, or as many as processors are granted, at most 4.'),
    io: z
      .enum(IO_MODES)
      .default('auto')
      .describe(
        'How datagrams move: in batches (Linux), one by one, or in batches where that works.',
      ),
    lameduck: duration
      .default('5s')
      .describe(
        'Longest time to go on answering after SIGTERM; it ends after 2 s without a query.',
      ),
    stateDir: path
      .default('')
      .describe(
        'Folder for what survives a restart, such as virtual IPs; nothing where it is empty.',
      ),
    log: z
      .strictObject({
        level: z.enum(LOG_LEVELS).default('info').describe('The lowest level that is logged.'),
      })
      .default({ level: 'info' })
      .describe('What is logged.'),
    ...forwardOptions,
  })
  .describe('Configuration of vipdns.');

/** Gives the options of the mapping at a path; none where there is no such mapping. */
export function optionsAt(path: readonly PropertyKey[]): string[] {
  const at = path.reduce<unknown>((schema, key) => {
    const outer = unwrap(schema);
    if (outer instanceof z.ZodArray) return outer.element;
    return outer instanceof z.ZodObject ? outer.shape[key as string] : undefined;
  }, configurationSchema);
  const mapping = unwrap(at);
  return mapping instanceof z.ZodObject ? Object.keys(mapping.shape) : [];
}

function unwrap(schema: unknown): unknown {
  const isWrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodNullable;
  return isWrapped ? unwrap(schema.unwrap()) : schema;
}

/** The configuration as it stands in the file, defaults filled in. */
export type ConfigurationFile = z.output<typeof configurationSchema>;
