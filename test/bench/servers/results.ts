/** What a run finds out: what is written as JSON, and what the report is made of. */
import type { AnswerCheck } from './answer-check.ts';
import type { LatencyPercentiles } from './latency.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './process-usage.ts';

/** One server, one kind of question, one round: as many queries as it takes, then a slow prober. */
export interface Turn {
  readonly names: number;
  readonly question: string;
  readonly server: string;
  readonly round: number;
  readonly load: LoadFigures;
  readonly probe: ProbeFigures;
}

export interface Losses {
  readonly sent: number;
  readonly lost: number;
  /** Responses with another rcode than the right one. */
  readonly wrong: number;
}

export interface LoadFigures extends Losses {
  readonly queriesPerSecond: number;
  /** Processor time per answered query, in microseconds; undefined where nothing was answered. */
  readonly userMicroseconds: number | undefined;
  readonly systemMicroseconds: number | undefined;
}

export interface ProbeFigures extends Losses {
  readonly queriesPerSecond: number;
  /** Microseconds; undefined where nothing was answered. */
  readonly latency: LatencyPercentiles | undefined;
}

/** One server with one zone, from its start to its end. */
export interface ServerRun {
  readonly names: number;
  readonly server: string;
  /** What it said of itself. */
  readonly remark?: string;
  readonly answers: Readonly<Record<string, AnswerCheck>>;
  readonly memory: { readonly atStart: Memory; readonly afterLoad: Memory };
}

export interface ServerVersion {
  readonly server: string;
  /** Undefined where the machine does not have it. */
  readonly version: string | undefined;
}

export interface Settings {
  readonly names: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

export interface Results {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly servers: readonly ServerVersion[];
  readonly runs: readonly ServerRun[];
  readonly turns: readonly Turn[];
  /** What did not work, and is missing. */
  readonly problems: readonly string[];
  readonly alone: AloneResults;
}

/** What vipdns is measured for without another server; undefined what was not asked for. */
export interface AloneResults {
  readonly responders?: readonly RespondersRound[];
  readonly intake?: readonly IntakeRound[];
  readonly memory?: DemoMemory;
}

/** Microseconds of processor time per query at the same rate. */
export interface RespondersRound {
  readonly one: number;
  readonly two: number;
}

/** Latencies of the prober in microseconds, while nothing changes and while manifests are taken in. */
export interface IntakeRound extends Losses {
  readonly quiet: LatencyPercentiles;
  readonly during: LatencyPercentiles;
  readonly intakeMs: number;
}

export interface DemoMemory {
  readonly atStart: Memory;
  readonly afterLoad: Memory;
}
