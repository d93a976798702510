/** A certificate for an upstream in TLS, made when a test runs: what is made today does not expire tomorrow. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { parseAddress } from '../../../src/dns/address.ts';
import { bitString, context, integer, objectId, octets, sequence, set, time, utf8 } from './der.ts';

const DAY_MS = 86_400_000;

export interface Certificate {
  /** Private key, PEM. */
  readonly key: string;
  /** The certificate, which is its own issuer, PEM. */
  readonly cert: string;
}

export interface CertificateOptions {
  /** Names and addresses that it is for. */
  readonly names: readonly string[];
  /** Name of the subject, which is for people; by default the first of the names. */
  readonly commonName?: string;
  /** When it ends, in milliseconds since 1970; a day from now by default. */
  readonly notAfterMs?: number;
}

/** Makes a self-signed certificate (RFC 5280) with a key of its own. */
export function createCertificate(options: CertificateOptions): Certificate {
  const { names, commonName = names[0], notAfterMs } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2')); // ECDSA with SHA-256
  const subject = sequence(set(sequence(objectId('2.5.4.3'), utf8(commonName))));
  const end = notAfterMs ?? Date.now() + DAY_MS;
  const toBeSigned = sequence(
    context(0, integer(Buffer.of(2))), // version 3
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    subject,
    sequence(time(end - 2 * DAY_MS), time(end)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(subjectAlternativeNames(names))),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

function subjectAlternativeNames(names: readonly string[]): Buffer {
  const general = names.map((name) =>
    isIP(name)
      ? context(7, Buffer.from(parseAddress(name) as Uint8Array), { isPrimitive: true })
      : context(2, Buffer.from(name), { isPrimitive: true }),
  );
  return sequence(objectId('2.5.29.17'), octets(sequence(...general)));
}
