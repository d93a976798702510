/**
 * The form of the configuration file: every option with its default, what it must be, and the words that an
 * editor shows. Loading it costs zod's 14 MB and 50 ms, so only the command that reads a configuration does.
 */
import { z } from 'zod';
import { parsePrefix } from '../dns/address.ts';
import { FormatError } from '../dns/errors.ts';
import { encodeName } from '../dns/name.ts';
import { IO_MODES, POD_MODES } from './configuration.ts';
import { parseDuration } from './duration.ts';
import { parseLabelSelector } from './label-selector.ts';
import { parseSocketAddress } from './socket-address.ts';

const MAX_TTL_SECONDS = 3600;
const MAX_RESPONDERS = 16;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** A string that `accepts` takes; the message says what was expected. */
function text(expected: string, accepts: (value: string) => boolean) {
  return z.string({ error: expected }).refine(accepts, { error: expected });
}

const socketAddress = text(
  'an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053"',
  (value) => parseSocketAddress(value) !== undefined,
);
const zoneName = text('a domain name, such as "cluster.local"', isZoneName);
const reverseZone = text(
  'a zone below in-addr.arpa or ip6.arpa, such as "244.10.in-addr.arpa"',
  (value) => isZoneName(value) && /\.(in-addr|ip6)\.arpa\.?$/i.test(value),
);
const prefix = text(
  'an address prefix without host bits, such as "10.96.0.0/12" or "fd00:96::/108"',
  (value) => parsePrefix(value) !== undefined,
);
const namespace = text('the name of a namespace', (value) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value),
);
const selector = text(
  'a label selector, such as "app=web,tier in (front, back)"',
  (value) => parseLabelSelector(value) !== undefined,
);
const seconds = z.int({ error: 'whole seconds from 0 to 3600' }).min(0).max(MAX_TTL_SECONDS);
const duration = text(
  'a duration, such as "500ms", "5s" or "1m"',
  (value) => parseDuration(value) !== undefined,
);
const yesOrNo = z.boolean({ error: 'true or false' });

function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: 'a list' });
}

function atLeastOne<Item extends z.ZodType>(item: Item) {
  return list(item).min(1, { error: 'at least one' });
}

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
        manifests: atLeastOne(z.string({ error: 'the path of a folder' }).min(1)).describe(
          'Folders of Kubernetes manifests, relative to the working directory.',
        ),
      })
      .default({ manifests: ['config/demo'] })
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
      .union([z.literal('auto'), z.int().min(1).max(MAX_RESPONDERS)], {
        error: '"auto", or a number from 1 to 16',
      })
      .default('auto')
      .describe('Threads that answer: a number, or as many as processors, at most 4.'),
    io: z
      .enum(IO_MODES)
      .default('auto')
      .describe('How datagrams move: in batches (Linux), one by one, or what the machine can.'),
    lameduck: duration
      .default('5s')
      .describe(
        'Longest time to go on answering after SIGTERM; it ends after 2 s without a query.',
      ),
    stateDir: z
      .string({ error: 'the path of a folder' })
      .default('')
      .describe(
        'Folder for what survives a restart, such as virtual IPs; nothing where it is empty.',
      ),
    log: z
      .strictObject({ level: z.enum(LOG_LEVELS).default('info') })
      .default({ level: 'info' })
      .describe('What is logged: events of this level and above.'),
  })
  .describe('Configuration of vipdns.');

/** The configuration as it stands in the file, defaults filled in. */
export type ConfigurationFile = z.output<typeof configurationSchema>;

function isZoneName(value: string): boolean {
  try {
    return encodeName(value).length > 1;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
