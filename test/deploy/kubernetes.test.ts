/** The manifests for Kubernetes: their structure, what they refer to, and that their containers start and pass their probes. */

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install } from '../support/command-line.js';
import { documentOf, documentsOf, pathOf, runDeployed, startDeployed, unknownIn } from './support/deployed.js';
import { type DurableDatabase, startDurable } from './support/durable.js';
import { faultsOf } from './support/kubernetes.js';

interface Named {
  readonly name: string;
}
interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly tcpSocket?: { readonly port: string };
}
interface Container extends Named {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly (Named & { readonly value?: string; readonly valueFrom?: unknown })[];
  readonly ports: readonly Named[];
  readonly securityContext: unknown;
  readonly volumeMounts: readonly (Named & { readonly mountPath: string })[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Named;
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> } & Record<string, string>;
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly initContainers?: readonly Container[];
        readonly containers: readonly Container[];
        readonly volumes: readonly Named[];
        readonly securityContext: { readonly runAsUser: number };
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

const { resources } = await documentOf<{ resources: string[] }>('deploy/kubernetes/kustomization.yaml');
const manifests = (
  await Promise.all(resources.map((file) => documentsOf<Manifest>(`deploy/kubernetes/${file}`)))
).flat();
const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
const about = JSON.parse(await readFile(pathOf('package.json'), 'utf8')) as { version: string };

let installation: Installation;
let database: DurableDatabase;
beforeAll(async () => {
  [installation, database] = await Promise.all([install(), startDurable('migrated')]);
}, 300_000);
afterAll(async () => {
  await installation?.remove();
  await database?.close();
});

describe.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
  '%s',
  (_, manifest) => {
    it('has the members that its kind has', () => {
      expect(faultsOf(manifest)).toEqual([]);
    });

    it('selects a deployment, and ports that this has', () => {
      const { kind, spec } = manifest;
      if (kind === 'NetworkPolicy') return;
      const labels = kind === 'Service' ? spec.selector : spec.selector.matchLabels;
      const [selected, ...others] = deployments.filter((each) =>
        Object.entries(labels).every(([name, value]) => each.spec.template.metadata.labels[name] === value),
      );
      expect([selected?.metadata.name, others]).toEqual([manifest.metadata.name, []]);
      const names = selected?.spec.template.spec.containers.flatMap(({ ports }) => ports.map(({ name }) => name));
      for (const { targetPort } of spec.ports ?? []) expect(names).toContain(targetPort);
    });
  },
);

describe.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
  '%s',
  (_, deployment) => {
    const { initContainers, containers, volumes, securityContext, terminationGracePeriodSeconds } =
      deployment.spec.template.spec;
    const [container] = containers as readonly [Container];
    const environmentOf = ({ env }: Container) =>
      Object.fromEntries(env.map(({ name, value = 'pod-1' }) => [name, value]));
    const env = environmentOf(container);
    it('runs as the user of the image, without rights or a place to write', async () => {
      const dockerfile = await readFile(pathOf('Dockerfile'), 'utf8');
      expect(dockerfile).toContain(`\nUSER ${securityContext.runAsUser}:`);
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.image).toBe(`sppp-server:${about.version}`);
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
    });

    it('sets settings that exist, and mounts each file that they name', () => {
      expect(unknownIn(env)).toEqual([]);
      expect(container.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
      const files = Object.entries(env).filter(([name]) => name.endsWith('_FILE'));
      for (const [name, path] of files) {
        const isMounted = container.volumeMounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`));
        expect(isMounted, name).toBe(true);
      }
    });

    it.runIf(initContainers !== undefined)('begins with commands that end', { timeout: 120_000 }, async () => {
      for (const each of initContainers ?? []) {
        expect([each.image, each.securityContext]).toEqual([container.image, container.securityContext]);
        const deployed = { args: each.args, env: environmentOf(each) };
        const { code, err } = await runDeployed(installation, deployed, { DATABASE_URL_FILE: database.url });
        expect([code, err]).toEqual([0, '']);
      }
    });

    it('starts and passes its probes', { timeout: 120_000 }, async () => {
      const secrets = {
        DATABASE_URL_FILE: database.url,
        LOOKUP_DATABASE_URL_FILE: database.url,
        SPPP_ENUM_KEYS_FILE: 'iana-en:111=hmac-sha256:key:c2VjcmV0LW9mLXNpeHRlZW4tYnl0ZXM=',
      };
      const serving = await startDeployed(installation, { args: container.args, env }, secrets);
      const names = container.ports.map(({ name }) => name);
      try {
        const url = new URL(serving.url ?? '');
        for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
          const { httpGet, tcpSocket } = container[probe];
          expect(names).toContain(httpGet?.port ?? tcpSocket?.port);
          const path = httpGet?.path;
          const status = async () => (await fetch(new URL(path ?? '', url))).status;
          if (path !== undefined) await expect.poll(status, { message: path }).toBe(200);
          else await connected(url);
        }
      } finally {
        expect(await serving.end('SIGTERM'), serving.err).toBe(0);
      }
    });
  },
);

function connected({ hostname, port }: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
