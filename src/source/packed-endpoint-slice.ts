/**
 * An EndpointSlice whose endpoints are one text until somebody asks for them. Most belong to Services with a virtual
 * IP; what names them reads the text.
 */
import { packEndpoints, unpackEndpoints } from './packed-endpoints.ts';
import type { Endpoint, EndpointPort, EndpointSlice, Labels } from './resources.ts';

/** A slice as it is written to a file and read again: all that is its own. */
export type PackedSlice = Omit<EndpointSlice, 'endpoints'> & { readonly packedEndpoints: string };

/** Equal slices have equal fields of their own, so that they are found equal without being unpacked. */
export class PackedEndpointSlice implements EndpointSlice {
  readonly kind = 'EndpointSlice';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly serviceName: string;
  readonly addressType: EndpointSlice['addressType'];
  readonly ports: readonly EndpointPort[];
  readonly packedEndpoints: string;

  constructor(slice: EndpointSlice | PackedSlice) {
    this.namespace = slice.namespace;
    this.name = slice.name;
    this.labels = slice.labels;
    this.serviceName = slice.serviceName;
    this.addressType = slice.addressType;
    this.ports = slice.ports;
    this.packedEndpoints =
      'packedEndpoints' in slice ? slice.packedEndpoints : packEndpoints(slice.endpoints);
  }

  get endpoints(): readonly Endpoint[] {
    return unpackEndpoints(this.packedEndpoints);
  }
}
