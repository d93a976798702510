/** Whether this machine has an IPv6 loopback address: tests of IPv6 need one. */
import { networkInterfaces } from 'node:os';

export const hasIpv6: boolean = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
