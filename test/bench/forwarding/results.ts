/** What a run finds out: what is written as JSON, and what the report is made of. */
import type { Machine } from '../servers/machine.ts';
import type { ServerVersion } from '../servers/results.ts';
import type { Figures, Settings } from './measurement.ts';

/** One measurement of one server. */
export interface Round {
  readonly measurement: string;
  readonly server: string;
  readonly round: number;
  readonly figures: Figures;
}

export interface Results {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly servers: readonly ServerVersion[];
  readonly rounds: readonly Round[];
  /** What did not work, and is missing. */
  readonly problems: readonly string[];
}
