/** Starts the emulated API as a process on the client's processor, and gives its URL. */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Session } from '../session.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const START_LIMIT_MS = 30_000;
const LOOK_AGAIN_MS = 50;

export async function startKubernetesApi(session: Session, names: number): Promise<string> {
  const folder = session.createFolder('kubernetes-api');
  const running = session.start(
    { program: process.execPath, arguments: [MAIN, String(names)] },
    { folder, processors: session.processors.client },
  );
  const endsAt = performance.now() + START_LIMIT_MS;
  while (performance.now() < endsAt && !running.hasExited) {
    const url = /^http:\S+$/m.exec(running.readOutput())?.[0];
    if (url !== undefined) return url;
    await setTimeout(LOOK_AGAIN_MS);
  }
  throw new Error(`Cannot start Kubernetes API: it said "${running.readOutput().slice(-500)}"`);
}
