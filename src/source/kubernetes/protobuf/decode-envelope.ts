/**
 * The envelope of everything in protobuf that stands for itself: four bytes of magic, then runtime.Unknown
 * (k8s.io/apimachinery, runtime/generated.proto), which says the kind and holds the object's own bytes.
 */
import { ApiFormatError } from '../api-format-error.ts';
import type { ApiStatus } from '../watch-event.ts';
import type { Span, WireReader } from './wire-reader.ts';

/** `k8s` and a zero byte. */
export const MAGIC = 0x6b_38_73_00;
export const MAGIC_BYTES = 4;

/** Finds the object in its envelope. */
export function decodeEnvelope(reader: WireReader, { bytes, start, end }: Span): Span {
  if (end - start < MAGIC_BYTES || bytes.readUInt32BE(start) !== MAGIC) {
    throw new ApiFormatError(
      'Cannot decode message of the API server: it has no "k8s" at its start',
    );
  }
  reader.reset({ bytes, start: start + MAGIC_BYTES, end });
  let object: Span = { bytes, start: end, end };
  while (reader.next()) {
    if (reader.field === 2) object = reader.span();
    else reader.skip();
  }
  return object;
}

/** Decodes a Status without its envelope (meta/v1/generated.proto). */
export function decodeStatus(reader: WireReader, span: Span): ApiStatus {
  const status = { code: 0, reason: '', message: '', retryAfterSeconds: 0 };
  reader.reset(span);
  while (reader.next()) {
    if (reader.field === 3) status.message = reader.text();
    else if (reader.field === 4) status.reason = reader.text();
    else if (reader.field === 5) status.retryAfterSeconds = decodeRetryAfter(reader);
    else if (reader.field === 6) status.code = reader.int32();
    else reader.skip();
  }
  return status;
}

/** StatusDetails */
function decodeRetryAfter(reader: WireReader): number {
  let seconds = 0;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 5) seconds = reader.int32();
    else reader.skip();
  }
  reader.leave(outer);
  return seconds;
}
