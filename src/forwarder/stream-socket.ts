/**
 * Opens the sockets to one upstream: TCP (RFC 7766), or TLS as RFC 7858 has it, always with a certificate of a known
 * authority for the right name (the strict profile of RFC 8310).
 */
import { connect, isIP, type Socket } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import type { StreamEvents } from './stream-limits.ts';
import type { UpstreamAddress } from './upstream-address.ts';

/** Opens a socket; `onOpen` is called when queries may be sent. */
export type OpenSocket = (onOpen: () => void) => Socket;

export interface SocketOptions {
  readonly events: StreamEvents;
  /** Authorities, PEM, in place of those that Node knows, which are its own and those of NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
}

const ALPN = ['dot'];
const MIN_VERSION = 'TLSv1.2';

export function createOpenSocket(upstream: UpstreamAddress, options: SocketOptions): OpenSocket {
  if (upstream.transport === 'tls') return createOpenTlsSocket(upstream, options);
  const { address: host, port } = upstream;
  return (onOpen) => connect({ host, port, noDelay: true }, onOpen);
}

function createOpenTlsSocket(upstream: UpstreamAddress, options: SocketOptions): OpenSocket {
  // Megabytes, for those who need it (test/bench/memory).
  const tls = process.getBuiltinModule('node:tls');
  const { ca, events } = options;
  const { address: host, port } = upstream;
  const serverName = upstream.serverName || host;
  const checkServerIdentity = (_: string, certificate: PeerCertificate) => {
    // RFC 9525 section 2: the common name identifies nobody; Node takes it where there is no other name.
    const named = { ...certificate, subject: { ...certificate.subject, CN: '' } };
    const error = tls.checkServerIdentity(serverName, named);
    return error && new Error(`certificate is ${namesOf(certificate)}, not for "${serverName}"`);
  };
  const constants = {
    host,
    port,
    // Read once, not for each connection.
    secureContext: tls.createSecureContext({ minVersion: MIN_VERSION, ...(ca && { ca }) }),
    // RFC 6066 section 3: an address is no server name.
    servername: isIP(serverName) ? '' : serverName,
    ALPNProtocols: ALPN,
    // The default can be turned off from outside.
    rejectUnauthorized: true,
    checkServerIdentity,
  };
  let session: Buffer | undefined;
  return (onOpen) => {
    const offered = session;
    // One that the upstream cannot take is not offered again; where it can, another one comes.
    session = undefined;
    const socket = tls.connect({ ...constants, ...(offered && { session: offered }) }, () => {
      if (socket.isSessionReused()) {
        session ??= offered;
        events.count('session_resumed');
      }
      onOpen();
    });
    socket.setNoDelay(true);
    socket.on('session', (latest: Buffer) => {
      session = latest;
    });
    return socket;
  };
}

function namesOf({ subjectaltname }: PeerCertificate): string {
  return subjectaltname ? `for ${subjectaltname}` : 'for nobody';
}
