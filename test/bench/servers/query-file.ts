/**
 * Queries in wire format for `dnsperf -B`, each after its length, as TCP has them. dnsperf's own EDNS says 4096
 * bytes; here every query says 1232, as stub resolvers do (RFC 9715).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildQuery } from '../../support/records.ts';
import type { Session } from './session.ts';

export const PAYLOAD_BYTES = 1232;

/** dnsperf reads the file again and again; more queries than this only take time to encode. */
const MAX_QUERIES = 100_000;

/** Writes questions into a file that goes with the session, and gives its path. */
export function createQueryFile(session: Session, questions: readonly string[]): string {
  const queryFile = join(session.createFolder('queries'), 'queries');
  writeQueryFile(queryFile, questions);
  return queryFile;
}

export function writeQueryFile(path: string, questions: readonly string[]): void {
  const parts: Uint8Array[] = [];
  for (const question of questions.slice(0, MAX_QUERIES)) {
    const query = buildQuery(question, { payloadBytes: PAYLOAD_BYTES });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    parts.push(length, query);
  }
  writeFileSync(path, Buffer.concat(parts));
}
