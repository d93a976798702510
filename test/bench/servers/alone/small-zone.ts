/** A folder of manifests with 1,000 Services, and questions for their addresses. */
import { join } from 'node:path';
import { buildBenchZone } from '../bench-zone.ts';
import { endpointSlicesOf, namespacesOf, servicesOf } from '../objects.ts';
import { QUESTION_KINDS, shuffledQuestions } from '../questions.ts';
import { writeManifest } from '../roster/vipdns.ts';
import type { Session } from '../session.ts';

const NAMES = 1000;

export function fillManifests(session: Session): { manifests: string; questions: string[] } {
  const zone = buildBenchZone(NAMES);
  const manifests = session.createFolder('manifests');
  const objects = [...namespacesOf(zone), ...servicesOf(zone), ...endpointSlicesOf(zone)];
  writeManifest(join(manifests, 'zone.json'), objects);
  return { manifests, questions: shuffledQuestions(QUESTION_KINDS[0], zone) };
}
