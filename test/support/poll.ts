/** What a listener of batches waits with; its descriptor lives as long as the test's process. */
import type { Libc } from '../../src/socket/libc.ts';
import { openPoll, SocketPoll } from '../../src/socket/socket-poll.ts';

let poll: SocketPoll | undefined;

/** Gives the one of this thread. */
export function threadPoll(libc: Libc): SocketPoll {
  poll ??= new SocketPoll(libc, openPoll(libc));
  return poll;
}
