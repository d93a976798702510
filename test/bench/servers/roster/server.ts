/** What the comparison knows of a server: how to find it, how to configure it, what it says of itself. */
import type { BenchZone } from '../bench-zone.ts';
import type { ServerVersion } from '../results.ts';

export interface ServerSetup {
  /** Folder of this server alone. */
  readonly folder: string;
  readonly program: string;
  /** Port of 127.0.0.1 to answer on. */
  readonly port: number;
  readonly zone: BenchZone;
  /** Ports of 127.0.0.1 that answer for all other names; none where those are not asked for. */
  readonly upstreams?: readonly number[];
  /** Gives the URL of a Kubernetes API that has the zone's objects. */
  kubernetesApi(): Promise<string>;
}

export interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Server {
  /** As `--only` takes it. */
  readonly name: string;
  /** Sends every query back: knows no zone, and shows what the rest costs. */
  readonly isEcho: boolean;
  /** Kinds of questions that it is not made for, and is not asked. */
  readonly lacks: readonly string[];
  /** Gives the path of its program, undefined where the machine does not have it. */
  find(): string | undefined;
  versionOf(program: string): string;
  /** Writes what it reads into its folder, and gives the command that runs it in the foreground. */
  configure(setup: ServerSetup): Command | Promise<Command>;
  /** Tells by its output whether it has taken in everything, where answers alone do not say. */
  isReady?(output: string): boolean;
  /** Tells of its output what it really does, where the configuration alone does not say. */
  remarkOf?(output: string): string;
}

export function versionOfServer(server: Server): ServerVersion {
  const program = server.find();
  return { server: server.name, version: program && server.versionOf(program) };
}
