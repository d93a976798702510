/** The table as the zone writes it: nodes go in, and what there was no room for is counted. */
import { MAX_VALUE_BYTES } from '../table/layout.ts';
import type { TableWriter } from '../table/table-writer.ts';
import { encodeNode } from './encode-node.ts';
import type { Node } from './node.ts';
import { scratch } from './node-scratch.ts';

export class ZoneRecords {
  readonly table: TableWriter;
  /** Records that the table had no room for: names that are missing, or out of date. */
  refused = 0;

  constructor(table: TableWriter) {
    this.table = table;
  }

  /** Puts the node that stands in the scratch memory for the name in the table's key; tells whether it is held. */
  put(nameLength: number, nodeBytes: number): boolean {
    this.table.find(nameLength);
    return this.putFound(nodeBytes);
  }

  /** As `put()`, for the name that the table was asked for last. */
  putFound(nodeBytes: number): boolean {
    const isHeld =
      nodeBytes <= MAX_VALUE_BYTES && this.table.putFound(scratch.words, nodeBytes) !== 0;
    if (!isHeld) this.refused++;
    return isHeld;
  }

  set(node: Node): boolean {
    const nodeBytes = encodeNode(node);
    this.table.key.set(node.owner);
    return this.put(node.owner.length, nodeBytes);
  }

  setAll(nodes: readonly Node[]): void {
    for (const node of nodes) this.set(node);
  }
}
