/**
 * Messages of the Kubernetes API as the tests write them, by the names and numbers of generated.proto; fields that
 * nobody serves are among them, since they have to be skipped.
 */

export type FieldType =
  | 'string'
  | 'int'
  | 'bool'
  | 'time'
  | 'intOrString'
  | 'map'
  | { readonly message: keyof typeof MESSAGES };

/** Number, type, and whether there may be several. */
export type FieldSchema = readonly [number: number, type: FieldType, repeated?: 'repeated'];

const message = (name: string): FieldType => ({ message: name as keyof typeof MESSAGES });

export const MESSAGES: Readonly<Record<string, Readonly<Record<string, FieldSchema>>>> = {
  ObjectMeta: {
    name: [1, 'string'],
    generateName: [2, 'string'],
    namespace: [3, 'string'],
    uid: [5, 'string'],
    resourceVersion: [6, 'string'],
    generation: [7, 'int'],
    creationTimestamp: [8, 'time'],
    deletionTimestamp: [9, 'time'],
    labels: [11, 'map'],
    annotations: [12, 'map'],
    finalizers: [14, 'string', 'repeated'],
    managedFields: [17, message('ManagedFieldsEntry'), 'repeated'],
  },
  ManagedFieldsEntry: {
    manager: [1, 'string'],
    operation: [2, 'string'],
    apiVersion: [3, 'string'],
  },
  ListMeta: {
    selfLink: [1, 'string'],
    resourceVersion: [2, 'string'],
    continue: [3, 'string'],
    remainingItemCount: [4, 'int'],
  },
  Service: { metadata: [1, message('ObjectMeta')], spec: [2, message('ServiceSpec')] },
  ServiceSpec: {
    ports: [1, message('ServicePort'), 'repeated'],
    selector: [2, 'map'],
    clusterIP: [3, 'string'],
    type: [4, 'string'],
    externalIPs: [5, 'string', 'repeated'],
    sessionAffinity: [7, 'string'],
    externalName: [10, 'string'],
    healthCheckNodePort: [12, 'int'],
    publishNotReadyAddresses: [13, 'bool'],
    ipFamilyPolicy: [17, 'string'],
    clusterIPs: [18, 'string', 'repeated'],
    ipFamilies: [19, 'string', 'repeated'],
    internalTrafficPolicy: [22, 'string'],
  },
  ServicePort: {
    name: [1, 'string'],
    protocol: [2, 'string'],
    port: [3, 'int'],
    targetPort: [4, 'intOrString'],
    nodePort: [5, 'int'],
    appProtocol: [6, 'string'],
  },
  EndpointSlice: {
    metadata: [1, message('ObjectMeta')],
    endpoints: [2, message('Endpoint'), 'repeated'],
    ports: [3, message('EndpointPort'), 'repeated'],
    addressType: [4, 'string'],
  },
  Endpoint: {
    addresses: [1, 'string', 'repeated'],
    conditions: [2, message('EndpointConditions')],
    hostname: [3, 'string'],
    targetRef: [4, message('ObjectReference')],
    deprecatedTopology: [5, 'map'],
    nodeName: [6, 'string'],
    zone: [7, 'string'],
  },
  EndpointConditions: { ready: [1, 'bool'], serving: [2, 'bool'], terminating: [3, 'bool'] },
  EndpointPort: {
    name: [1, 'string'],
    protocol: [2, 'string'],
    port: [3, 'int'],
    appProtocol: [4, 'string'],
  },
  ObjectReference: {
    kind: [1, 'string'],
    namespace: [2, 'string'],
    name: [3, 'string'],
    uid: [4, 'string'],
  },
  Namespace: { metadata: [1, message('ObjectMeta')], status: [3, message('NamespaceStatus')] },
  NamespaceStatus: { phase: [1, 'string'] },
  PartialObjectMetadata: { metadata: [1, message('ObjectMeta')] },
  Pod: {
    metadata: [1, message('ObjectMeta')],
    spec: [2, message('PodSpec')],
    status: [3, message('PodStatus')],
  },
  PodSpec: {
    containers: [2, message('Container'), 'repeated'],
    restartPolicy: [3, 'string'],
    nodeName: [10, 'string'],
    hostNetwork: [11, 'bool'],
    hostname: [16, 'string'],
    subdomain: [17, 'string'],
  },
  Container: {
    name: [1, 'string'],
    image: [2, 'string'],
    command: [3, 'string', 'repeated'],
    ports: [6, message('ContainerPort'), 'repeated'],
  },
  ContainerPort: {
    name: [1, 'string'],
    hostPort: [2, 'int'],
    containerPort: [3, 'int'],
    protocol: [4, 'string'],
  },
  PodStatus: {
    phase: [1, 'string'],
    conditions: [2, message('PodCondition'), 'repeated'],
    message: [3, 'string'],
    hostIP: [5, 'string'],
    podIP: [6, 'string'],
    startTime: [7, 'time'],
    podIPs: [12, message('PodIp'), 'repeated'],
  },
  PodCondition: { type: [1, 'string'], status: [2, 'string'], lastTransitionTime: [4, 'time'] },
  PodIp: { ip: [1, 'string'] },
  Status: {
    metadata: [1, message('ListMeta')],
    status: [2, 'string'],
    message: [3, 'string'],
    reason: [4, 'string'],
    details: [5, message('StatusDetails')],
    code: [6, 'int'],
  },
  StatusDetails: { name: [1, 'string'], kind: [3, 'string'], retryAfterSeconds: [5, 'int'] },
};
