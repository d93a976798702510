/** What transports count: the closed list for which there is a counter each in shared memory. */
import type { TransportCounter } from '../monitoring/counter-layout.ts';

export type TransportEvent = TransportCounter;

/** Counts one event. */
export type CountTransportEvent = (event: TransportEvent) => void;
