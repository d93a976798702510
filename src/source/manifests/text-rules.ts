/**
 * What names and addresses in objects must be, as the API server has it: RFC 1123 labels (of lower case) and
 * what is made of them.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { IpFamily } from '../resources.ts';
import type { TextRule } from './field.ts';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DOMAIN_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const MAX_NAME_LENGTH = 253;
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;

export const DNS_LABEL: TextRule = {
  expected: 'a DNS label (1 to 63 of a-z, 0-9 and "-", no "-" at either end)',
  test: (text) => LABEL.test(text),
};

/** Names of objects that are not part of a domain name as they are: labels with dots between. */
export const OBJECT_NAME: TextRule = {
  expected: 'a name of DNS labels (a-z, 0-9 and "-") with dots between, at most 253 characters',
  test: (text) =>
    LABEL.test(text) ||
    (text.length <= MAX_NAME_LENGTH && text.split('.').every((label) => LABEL.test(label))),
};

/** A name to refer to, wider than the API server has it: upper case, `_`, and a dot at the end will do. */
export const DOMAIN_NAME: TextRule = {
  expected: 'a domain name of at most 253 characters',
  test: (text) => {
    const name = text.endsWith('.') ? text.slice(0, -1) : text;
    if (isIPv6(text)) return true;
    return (
      name.length <= MAX_NAME_LENGTH && name.split('.').every((label) => DOMAIN_LABEL.test(label))
    );
  },
};

/** RFC 6335 section 5.1 */
export const TARGET_PORT_NAME: TextRule = {
  expected: 'a port from 1 to 65535, or a port name (1 to 15 of a-z, 0-9 and single "-", a letter)',
  test: (text) => PORT_NAME.test(text),
};

export const ADDRESS: TextRule = {
  expected: 'an IP address',
  test: (text) => isIPv4(text) || isUnscopedIpv6(text),
};

export const ADDRESS_OF: Readonly<Record<IpFamily | 'FQDN', TextRule>> = {
  IPv4: { expected: 'an IPv4 address', test: isIPv4 },
  IPv6: { expected: 'an IPv6 address', test: isUnscopedIpv6 },
  FQDN: DOMAIN_NAME,
};

/** A scope (`fe80::1%eth0`) means something on one host only. */
function isUnscopedIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}
