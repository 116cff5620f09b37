/** The kinds of objects that our manifests have, and the members of each, as the API of Kubernetes knows them. */

/** A type of a member: a plain one, an object, or a list of either. A name that ends with `!` is required. */
type Shape =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'intOrString'
  | 'strings'
  | { readonly [name: string]: Shape }
  | readonly [Shape];

const labels = 'strings';
const selector: Shape = {
  matchLabels: labels,
  matchExpressions: [{ 'key!': 'string', 'operator!': 'string', values: ['string'] }],
};
const probe: Shape = {
  httpGet: { path: 'string', 'port!': 'intOrString' },
  tcpSocket: { 'port!': 'intOrString' },
  periodSeconds: 'integer',
  timeoutSeconds: 'integer',
  failureThreshold: 'integer',
};
const metadata: Shape = { 'name!': 'string', labels };
const container: Shape = {
  'name!': 'string',
  'image!': 'string',
  args: ['string'],
  env: [{ 'name!': 'string', value: 'string', valueFrom: { fieldRef: { 'fieldPath!': 'string' } } }],
  ports: [{ name: 'string', 'containerPort!': 'integer', protocol: 'string' }],
  securityContext: {
    allowPrivilegeEscalation: 'boolean',
    readOnlyRootFilesystem: 'boolean',
    capabilities: { drop: ['string'] },
  },
  resources: { requests: 'strings', limits: 'strings' },
  volumeMounts: [{ 'name!': 'string', 'mountPath!': 'string', readOnly: 'boolean' }],
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: { preStop: { exec: { 'command!': ['string'] } } },
};
const pod: Shape = {
  automountServiceAccountToken: 'boolean',
  enableServiceLinks: 'boolean',
  terminationGracePeriodSeconds: 'integer',
  securityContext: {
    runAsNonRoot: 'boolean',
    runAsUser: 'integer',
    runAsGroup: 'integer',
    fsGroup: 'integer',
    seccompProfile: { 'type!': 'string' },
  },
  topologySpreadConstraints: [
    {
      'maxSkew!': 'integer',
      'topologyKey!': 'string',
      'whenUnsatisfiable!': 'string',
      labelSelector: selector,
    },
  ],
  initContainers: [container],
  'containers!': [container],
  volumes: [{ 'name!': 'string', secret: { 'secretName!': 'string', defaultMode: 'integer' } }],
};
const ports: Shape = [{ port: 'intOrString', protocol: 'string' }];
const peers: Shape = [{ namespaceSelector: selector, podSelector: selector, ipBlock: { 'cidr!': 'string' } }];

/** By `apiVersion kind`. */
const kinds: Readonly<Record<string, Shape>> = {
  'apps/v1 Deployment': {
    'apiVersion!': 'string',
    'kind!': 'string',
    'metadata!': metadata,
    'spec!': {
      replicas: 'integer',
      strategy: { type: 'string', rollingUpdate: { maxSurge: 'intOrString', maxUnavailable: 'intOrString' } },
      'selector!': selector,
      'template!': { 'metadata!': { labels }, 'spec!': pod },
    },
  },
  'v1 Service': {
    'apiVersion!': 'string',
    'kind!': 'string',
    'metadata!': metadata,
    'spec!': {
      selector: 'strings',
      ports: [{ name: 'string', 'port!': 'integer', targetPort: 'intOrString', protocol: 'string' }],
    },
  },
  'policy/v1 PodDisruptionBudget': {
    'apiVersion!': 'string',
    'kind!': 'string',
    'metadata!': metadata,
    'spec!': { maxUnavailable: 'intOrString', minAvailable: 'intOrString', selector },
  },
  'networking.k8s.io/v1 NetworkPolicy': {
    'apiVersion!': 'string',
    'kind!': 'string',
    'metadata!': metadata,
    'spec!': {
      'podSelector!': selector,
      policyTypes: ['string'],
      ingress: [{ from: peers, ports }],
      egress: [{ to: peers, ports }],
    },
  },
};

/** What is wrong with an object: members that its kind does not know, lacks, or has with another type. */
export function faultsOf(object: { readonly apiVersion: string; readonly kind: string }): string[] {
  const shape = kinds[`${object.apiVersion} ${object.kind}`];
  return shape === undefined
    ? [`${object.apiVersion} ${object.kind}: no such kind here`]
    : faults(object, shape, object.kind);
}

function faults(value: unknown, shape: Shape, path: string): string[] {
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${path}: no list`];
    return value.flatMap((each, index) => faults(each, shape[0] as Shape, `${path}[${index}]`));
  }
  if (typeof shape === 'string') return isOf(value, shape) ? [] : [`${path}: no ${shape}`];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`];
  const members = Object.entries(shape).map(([name, each]) => [name.replace('!', ''), each] as const);
  const known = new Map(members);
  const missing = Object.keys(shape).filter((name) => name.endsWith('!') && !(name.slice(0, -1) in value));
  return [
    ...missing.map((name) => `${path}.${name.slice(0, -1)}: missing`),
    ...Object.entries(value).flatMap(([name, each]) => {
      const inner = known.get(name);
      return inner === undefined ? [`${path}.${name}: unknown`] : faults(each, inner, `${path}.${name}`);
    }),
  ];
}

function isOf(value: unknown, shape: string): boolean {
  if (shape === 'integer') return Number.isInteger(value);
  if (shape === 'intOrString') return Number.isInteger(value) || typeof value === 'string';
  if (shape === 'strings') {
    return (
      typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string')
    );
  }
  return typeof value === shape;
}
