/**
 * Domain names between presentation format (`www.example.org.`) and wire format.
 * Wire names here are always uncompressed and end with the root label: RFC 1035 section 3.1; escapes in text:
 * RFC 1035 section 5.1; case: RFC 4343.
 */
import { MAX_LABEL_BYTES, MAX_NAME_BYTES } from './constants.ts';
import { FormatError } from './errors.ts';

/** A name in wire format, uncompressed, at most 255 bytes. */
export type WireName = Uint8Array;

export const ROOT: WireName = Uint8Array.of(0);

/**
 * Encodes a name in presentation format, with or without the final dot, and folds it to lower case.
 * Throws FormatError where a label is empty or over 63 bytes, or the name over 255.
 */
export function encodeName(text: string): WireName {
  return encodeLabels(parseLabels(text));
}

/** Encodes labels, each byte of a label being one character (Latin-1), with case folded. */
export function encodeLabels(labels: readonly string[]): WireName {
  const bytes = new Uint8Array(labels.reduce((sum, label) => sum + 1 + label.length, 1));
  if (bytes.length > MAX_NAME_BYTES) {
    throw new FormatError(`Cannot encode name "${labels.join('.')}": longer than 255 bytes`);
  }
  let at = 0;
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL_BYTES) {
      throw new FormatError(`Cannot encode label "${label}": ${label.length} bytes, not 1 to 63`);
    }
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = foldCase(label.charCodeAt(i));
  }
  return bytes;
}

/** Puts one label before a name: `childName('svc', encodeName('cluster.local'))`. */
export function childName(label: string, parent: WireName): WireName {
  const name = new Uint8Array(1 + label.length + parent.length);
  if (label.length === 0 || label.length > MAX_LABEL_BYTES || name.length > MAX_NAME_BYTES) {
    throw new FormatError(`Cannot put label "${label}" before "${formatName(parent)}": too long`);
  }
  name.set(parent, writeLabel(label, name, 0));
  return name;
}

/** Tells whether a label of so many bytes before a name of so many makes a name: RFC 1035 section 2.3.4. */
export function fitsBefore(labelBytes: number, nameBytes: number): boolean {
  return labelBytes <= MAX_LABEL_BYTES && 1 + labelBytes + nameBytes <= MAX_NAME_BYTES;
}

/** Writes one label in lower case, and gives where the next one goes; nobody checks its length. */
export function writeLabel(label: string, bytes: Uint8Array, start: number): number {
  bytes[start] = label.length;
  for (let i = 0; i < label.length; i++) bytes[start + 1 + i] = foldCase(label.charCodeAt(i));
  return start + 1 + label.length;
}

/** Formats a wire name with its final dot, special bytes escaped. */
export function formatName(name: WireName): string {
  if (name[0] === 0) return '.';
  let text = '';
  for (let at = 0; name[at] !== 0; at += name[at] + 1) {
    for (let i = at + 1; i <= at + name[at]; i++) text += escapeByte(name[i]);
    text += '.';
  }
  return text;
}

/** Gives the name without its first label; the root has no parent and stays. */
export function parentName(name: WireName): WireName {
  return name[0] === 0 ? name : name.subarray(1 + name[0]);
}

/** Tells whether `name` is `ancestor` or lies below it; both folded to lower case. */
export function isAtOrBelow(name: WireName, ancestor: WireName): boolean {
  let rest = name;
  while (rest.length > ancestor.length) rest = parentName(rest);
  return rest.length === ancestor.length && rest.every((byte, i) => byte === ancestor[i]);
}

/** Counts labels, the root's not among them. */
export function countLabels(name: WireName): number {
  let count = 0;
  for (let at = 0; name[at] !== 0; at += name[at] + 1) count++;
  return count;
}

/** Folds one byte, RFC 4343 section 3: only A to Z have another case. */
export function foldCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** A name as a Map key: one character a byte. */
export function nameKey(name: WireName): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
}

function parseLabels(text: string): string[] {
  if (text === '.' || text === '') return [];
  const labels: string[] = [];
  let label = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') {
      const decimal = /^\d{3}/.exec(text.slice(i + 1))?.[0];
      label += decimal ? String.fromCharCode(Number(decimal)) : (text[i + 1] ?? '');
      i += decimal ? 3 : 1;
    } else if (character === '.') {
      labels.push(label);
      label = '';
    } else {
      label += character;
    }
  }
  if (label !== '') labels.push(label);
  for (const each of labels) {
    if (!isLatin1(each)) {
      throw new FormatError(`Cannot encode name "${text}": label "${each}" is not ASCII`);
    }
  }
  return labels;
}

/** One character must be one byte; escapes give every byte. */
function isLatin1(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) <= 0xff);
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
  return '."\\;@$()'.includes(character) ? `\\${character}` : character;
}
