/**
 * Short time slices for a thread that answers, sched(7): of those that want to run, Linux 6.12 and later soon lets one run
 * that asks for little at a time, whoever runs there, and earlier kernels take no notice. A thread gets no more of the
 * processor by it, so that no privilege is needed.
 */
import type { Libc } from './libc.ts';

/** In nanoseconds; the least that the kernel takes. A batch of queries takes less. */
export const SHORT_SLICE_NS = 100_000n;

/** Numbers of sched_setattr(2) and sched_getattr(2), which C libraries have had no functions for. */
const CALLS: Readonly<Record<string, { readonly set: number; readonly get: number }>> = {
  x64: { set: 314, get: 315 },
  arm64: { set: 274, get: 275 },
};

const SCHED_OTHER = 0;
/** struct sched_attr: size (4), policy (4), flags (8), nice (4), priority (4), runtime (8), ... */
const ATTRIBUTES = { bytes: 48, policy: 4, runtime: 24 } as const;

/** Shortens the slices of this thread; false where the system does not let it, or schedules it in another way. */
export function shortenSlice(libc: Libc): boolean {
  const attributes = readAttributes(libc, 0);
  if (attributes?.readUInt32LE(ATTRIBUTES.policy) !== SCHED_OTHER) return false;
  attributes.writeBigUInt64LE(SHORT_SLICE_NS, ATTRIBUTES.runtime);
  return libc.syscall(CALLS[process.arch].set, 0, attributes, 0, 0) === 0;
}

/** Gives the slice of a thread in nanoseconds, 0 where the kernel does not tell; undefined where it cannot be asked. */
export function readSlice(libc: Libc, threadId: number): bigint | undefined {
  return readAttributes(libc, threadId)?.readBigUInt64LE(ATTRIBUTES.runtime);
}

function readAttributes(libc: Libc, threadId: number): Buffer | undefined {
  const attributes = Buffer.alloc(ATTRIBUTES.bytes);
  const call = CALLS[process.arch]?.get;
  if (call === undefined) return undefined;
  const result = libc.syscall(call, threadId, attributes, ATTRIBUTES.bytes, 0);
  return result === 0 ? attributes : undefined;
}
