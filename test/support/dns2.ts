/** dns2 as a second reader of our messages; its reader throws nothing, it keeps a list of what it could not read. */
import DNS2 from 'dns2';

interface Dns2Record {
  name: string;
  type: number;
  ttl: number;
  address?: string;
  target?: string;
  domain?: string;
  port?: number;
  data?: string | string[];
}

export interface Dns2Message {
  header: { id: number; qr: number; rcode: number; aa: number; tc: number };
  questions: { name: string; type: number; class: number }[];
  answers: Dns2Record[];
  authorities: Dns2Record[];
  additionals: Dns2Record[];
  errors?: unknown[];
}

/** Reads a message with dns2; throws where dns2 found something that it could not read. */
export function readWithDns2(bytes: Uint8Array): Dns2Message {
  const message = DNS2.Packet.parse(Buffer.from(bytes)) as unknown as Dns2Message;
  if (message.errors !== undefined && message.errors.length > 0) {
    throw new Error(`dns2 could not read the message: ${JSON.stringify(message.errors)}`);
  }
  return message;
}
