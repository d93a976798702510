/** A real kube-controller-manager that does one thing: it writes the EndpointSlices of Services with a selector. */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProgram, spawnProgram } from './child-programs.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import type { RealApiServer } from './real-api-server.ts';

export class ControllerManager {
  readonly #process: ChildProcess;

  constructor(real: RealApiServer) {
    const kubeconfig = join(real.folder, 'controller-manager.kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(real.adminAccess)));
    this.#process = spawnProgram(join(real.binaries, 'kube-controller-manager'), [
      `--kubeconfig=${kubeconfig}`,
      '--controllers=endpointslice-controller',
      '--leader-elect=false',
      '--secure-port=0',
    ]);
  }

  close(): Promise<void> {
    return endProgram(this.#process);
  }
}
