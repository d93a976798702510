/** Records from the text of a zone file's line: `www.example 300 A 192.0.2.1`. */
import type { Answer } from 'dns-packet';

/** Parses a record; owner, TTL, type and data are separated by single spaces. */
export function parseRecord(line: string): Answer {
  const [owner, ttl, type, ...data] = line.split(' ');
  if (data.length === 0) throw new Error(`Cannot parse record: "${line}"`);
  return { name: undotted(owner), ttl: Number(ttl), type, data: parseData(type, data) } as Answer;
}

function parseData(type: string, fields: readonly string[]): unknown {
  const [first, second] = fields;
  switch (type) {
    case 'A':
    case 'AAAA':
      return first;
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return undotted(first);
    case 'MX':
      return { preference: Number(first), exchange: undotted(second) };
    case 'SRV': {
      const [priority, weight, port] = fields.map(Number);
      return { priority, weight, port, target: undotted(fields[3]) };
    }
    case 'SOA': {
      const [serial, refresh, retry, expire, minimum] = fields.slice(2).map(Number);
      const names = { mname: undotted(first), rname: undotted(second) };
      return { ...names, serial, refresh, retry, expire, minimum };
    }
    case 'TXT':
      return fields;
    default:
      throw new Error(`Cannot parse record: no data of type ${type}`);
  }
}

export function undotted(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
