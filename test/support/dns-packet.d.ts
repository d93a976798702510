/** Codecs of dns-packet that its types leave out. */
import 'dns-packet';

declare module 'dns-packet' {
  export const name: { encode(name: string): Buffer };
  export const answer: { encode(record: Answer): Buffer };
}
