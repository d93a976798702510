/** vipdns by itself: a folder of manifests, and what is to be asked of it. */

import { findFreePort } from '../free-port.ts';
import type { Processors } from '../processors.ts';
import { configureVipdns, servingLine, type VipdnsOptions } from '../roster/vipdns.ts';
import { type RunningServer, startCommand } from '../running-server.ts';
import type { Session } from '../session.ts';

export type MeasuredVipdnsOptions = Pick<VipdnsOptions, 'manifests' | 'responders'> & {
  readonly processors?: Processors['server'];
};

/** Starts it with batched UDP, which is what it is meant to run with. */
export async function startVipdns(
  session: Session,
  { processors = session.processors.server, ...options }: MeasuredVipdnsOptions,
): Promise<RunningServer> {
  const folder = session.createFolder('vipdns');
  const port = await findFreePort();
  const command = configureVipdns({ ...options, folder, port, io: 'batch' });
  const isReady = (output: string) => servingLine(output) !== undefined;
  return startCommand(session, command, { folder, port, processors, isReady });
}
