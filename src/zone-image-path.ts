import { join } from 'node:path';

/** Where the image of the zone is kept, below `stateDir`. */
export function zoneImagePath(stateDir: string): string {
  return join(stateDir, 'zone.image');
}
