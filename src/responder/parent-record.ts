/** Looks up the name without its first label, for names that are answered by what their parent says. */
import { MAX_NAME_BYTES } from '../dns/constants.ts';
import type { TableReader } from '../table/table-reader.ts';
import type { Query } from './query.ts';

export class ParentRecord {
  readonly #table: TableReader;
  readonly #saved = new Uint8Array(MAX_NAME_BYTES + 1);

  constructor(table: TableReader) {
    this.#table = table;
  }

  /** Gives the address of the parent's record, 0 where there is none; the query's name stays as it is. */
  find({ name, nameLength, labelOffsets }: Query): number {
    const saved = this.#saved;
    const start = labelOffsets[1];
    for (let i = 0; i < nameLength; i++) saved[i] = name[i];
    for (let i = start; i < nameLength; i++) name[i - start] = saved[i];
    const record = this.#table.find(nameLength - start);
    for (let i = 0; i < nameLength; i++) name[i] = saved[i];
    return record;
  }
}
