/** Every row of docs/differences.md that a comparison can see, in a module for each subject. */
import type { Row } from './judge.ts';
import { EXISTENCE_ROWS } from './rows/existence.ts';
import { EXTERNAL_NAME_ROWS } from './rows/external-names.ts';
import { POD_ROWS } from './rows/pods.ts';
import { POINTER_ROWS } from './rows/pointers.ts';
import { PROTOCOL_ROWS } from './rows/protocol.ts';
import { READINESS_ROWS } from './rows/readiness.ts';
import { RECORD_ROWS } from './rows/records.ts';
import { REVERSE_ROWS } from './rows/reverse.ts';

export const ROWS: readonly Row[] = [
  ...EXISTENCE_ROWS,
  ...EXTERNAL_NAME_ROWS,
  ...RECORD_ROWS,
  ...READINESS_ROWS,
  ...POD_ROWS,
  ...POINTER_ROWS,
  ...REVERSE_ROWS,
  ...PROTOCOL_ROWS,
];

/** Rows that a comparison cannot see, each with the reason. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  unsynced: 'both have taken in everything before they are asked',
  'ns-external-name': 'the Service of the servers themselves has a selector, as in life',
  order: 'sections are compared as sets',
  'edns-options': 'no question has any',
  sender: 'it is the same',
  'tcp-pipelining': 'it is about time',
  transfer: 'without the plugin both refuse',
};
