/** What a Service's names are made of. */
import type { EndpointGroup, Service } from '../source/resources.ts';

export interface ServiceInput {
  readonly service: Service;
  readonly groups: readonly EndpointGroup[];
}
