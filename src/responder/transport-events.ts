/**
 * What can happen to a transport, one counter each: a closed list, so that whoever counts in shared memory
 * knows every slot beforehand. The number of open TCP connections is `tcpOpened` less `tcpClosed`.
 */
export const TRANSPORT_EVENTS = [
  /** A query came from port 0, which nothing can be sent to. */
  'udpSourcePortZero',
  /** A response was dropped because too many were still being sent. */
  'udpSendBacklog',
  /** The kernel refused to send a response. */
  'udpSendError',
  /** The socket reported an error that belongs to no response. */
  'udpSocketError',
  'tcpOpened',
  'tcpClosed',
  /** The listening socket could not accept. */
  'tcpAcceptError',
  /** A connection was refused: limits reached, and no idle one could make room. */
  'tcpRefused',
  /** An idle connection was closed to make room for a new one. */
  'tcpEvicted',
  /** A connection was idle for too long. */
  'tcpIdleTimeout',
  /** The first message, or the rest of one, took too long to come. */
  'tcpMessageTimeout',
  /** A client took too long to read its responses, or to close its side after we had closed ours. */
  'tcpReaderTimeout',
  /** A connection was closed by us because of its age. */
  'tcpLifetimeReached',
  /** A length that no message can have. */
  'tcpMalformedLength',
  /** A connection held more memory than its share while all together were over the limit. */
  'tcpMemoryLimit',
  /** The client reset the connection: normal. */
  'tcpReset',
  /** Any other error of a connection. */
  'tcpConnectionError',
] as const;

export type TransportEvent = (typeof TRANSPORT_EVENTS)[number];

/** Counts one event. */
export type CountTransportEvent = (event: TransportEvent) => void;
