/** What a measurement is: how it is done with one server, and how its figures are shown. */
import type { RunningServer } from '../servers/running-server.ts';
import type { Session } from '../servers/session.ts';
import type { FastUpstreams } from './fast-upstreams.ts';
import type { FaultyUpstreams } from './faulty-upstreams.ts';
import type { NameSource } from './name-source.ts';

/** A server that was just started, with two upstreams of its own that answer everything. */
export interface Subject<Upstreams> {
  readonly session: Session;
  readonly running: RunningServer;
  readonly upstreams: Upstreams;
  /** Names outside the cluster. */
  readonly names: NameSource;
  /** Questions for the names of the cluster. */
  readonly clusterQuestions: readonly string[];
  readonly settings: Settings;
}

export interface Settings {
  /** Of one phase of load. */
  readonly seconds: number;
  /** How many names the flood of random names has. */
  readonly randomNames: number;
}

/** What was found out about a server in one round, by the title of the column; undefined where there is nothing. */
export type Figures = Readonly<Record<string, number | string | undefined>>;

interface Description {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  /** What is done, and what is meant to be reached. */
  readonly text: string;
  /** Digits after the point, by the title of the column. */
  readonly columns: Readonly<Record<string, number>>;
  /** Unless `--rounds` says otherwise; a server is started anew for each. */
  readonly rounds: number;
}

/** One with upstreams that cost next to nothing. */
export interface FastMeasurement extends Description {
  readonly upstreams: 'fast';
  measure(subject: Subject<FastUpstreams>): Promise<Figures>;
}

/** One with upstreams that fail when they are told to. */
export interface FaultyMeasurement extends Description {
  readonly upstreams: 'faulty';
  measure(subject: Subject<FaultyUpstreams>): Promise<Figures>;
}

export type Measurement = FastMeasurement | FaultyMeasurement;
