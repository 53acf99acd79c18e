import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Pod } from 'kubernetes-models/v1/Pod';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import { parseRequest } from '../bench/request/request.ts';
import { parseOptions } from '../server/options.ts';

const FOLDER = new URL('../../deploy/kubernetes/', import.meta.url);

const named = { name: v.string() };
const containerSchema = v.looseObject({
  ...named,
  image: v.string(),
  command: v.optional(v.array(v.string()), []),
  args: v.optional(v.array(v.string()), []),
  env: v.optional(v.array(v.unknown()), []),
  securityContext: v.unknown(),
  resources: v.object({ requests: v.unknown(), limits: v.record(v.string(), v.string()) }),
  ports: v.optional(v.array(v.looseObject(named)), []),
  volumeMounts: v.optional(v.array(v.looseObject(named)), []),
});
const podSchema = v.looseObject({
  serviceAccountName: v.string(),
  automountServiceAccountToken: v.boolean(),
  shareProcessNamespace: v.optional(v.boolean(), false),
  restartPolicy: v.optional(v.string()),
  securityContext: v.looseObject({
    runAsNonRoot: v.boolean(),
    runAsUser: v.number(),
    seccompProfile: v.unknown(),
  }),
  containers: v.array(containerSchema),
  volumes: v.array(
    v.looseObject({ ...named, secret: v.optional(v.looseObject({ secretName: v.string() })) }),
  ),
});
const labels = v.record(v.string(), v.string());
const templateSchema = v.object({ metadata: v.looseObject({ labels }), spec: podSchema });
const manifestSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({ ...named, namespace: v.optional(v.string()), labels: v.optional(labels) }),
});
type Manifest = v.InferOutput<typeof manifestSchema>;
type PodOf = { name: string; labels: Record<string, string>; spec: v.InferOutput<typeof podSchema> };

const manifests = readdirSync(FOLDER).flatMap((file) =>
  parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8')).map((document) => {
    assert.deepEqual([document.errors, document.warnings], [[], []], file);
    return v.parse(manifestSchema, document.toJS());
  }),
);
const manifestOf = (kind: string, name: string) =>
  manifests.find((each) => each.kind === kind && each.metadata.name === name);

/** The Pods that the manifests create, by the name of the object that creates them. */
const pods = manifests.flatMap((manifest): PodOf[] => {
  const { name, labels = {} } = manifest.metadata;
  if (manifest.kind === 'Pod') return [{ name, labels, spec: v.parse(podSchema, manifest.spec) }];
  const { template } = v.parse(v.looseObject({ template: v.optional(v.unknown()) }), manifest.spec ?? {});
  if (template === undefined) return [];
  const { metadata, spec } = v.parse(templateSchema, template);
  return [{ name, labels: metadata.labels, spec }];
});
const containers = pods.flatMap(({ name, spec }) =>
  spec.containers.map((container) => ({ pod: name, ...container })),
);

type Kind = { apiVersion: string; kind: string; new (data: never): { validate(): void } };
const KINDS: readonly Kind[] = [
  ...[ConfigMap, Namespace, Pod, Service, ServiceAccount],
  ...[Deployment, Job, NetworkPolicy],
];

/**
 * Returns the faults of a manifest according to the published schemas. They allow unknown fields, which Kubernetes
 * ignores. An unknown field is recognised by the fact that the validation never reads it.
 */
function faults(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const Model = KINDS.find((each) => each.apiVersion === apiVersion && each.kind === kind);
  if (Model === undefined) return [`There is no schema of ${apiVersion} ${kind}.`];
  const unread = new Set<string>();
  try {
    watched(new Model(manifest as never), '', unread).validate();
  } catch (error) {
    return [String(error)];
  }
  return [...unread].map((path) => `${path} is not a field.`);
}

/** Wraps an object so that each field is removed from the set when it is read. */
function watched<T extends object>(value: T, path: string, unread: Set<string>): T {
  const parts = new Map<string, object>();
  for (const key of Object.keys(value)) unread.add(`${path}/${key}`);
  return new Proxy(value, {
    get(target, key) {
      const part: unknown = Reflect.get(target, key);
      if (typeof key !== 'string') return part;
      const own = `${path}/${key}`;
      unread.delete(own);
      if (typeof part !== 'object' || part === null) return part;
      const known = parts.get(key) ?? watched(part, own, unread);
      parts.set(key, known);
      return known;
    },
  });
}

test('every manifest is valid according to the Kubernetes schemas', () => {
  assert.deepEqual(manifests.map(({ kind, metadata: { name } }) => `${kind} ${name}`).sort(), [
    'ConfigMap nats',
    'ConfigMap nginx',
    'Deployment nats',
    'Deployment nginx',
    'Job generators',
    'Namespace nginx-ws-bench',
    'NetworkPolicy nats',
    'Pod runner',
    'Service nats',
    'Service nginx',
    'ServiceAccount nginx-ws-bench',
  ]);
  for (const manifest of manifests) assert.deepEqual(faults(manifest), [], manifest.metadata.name);
});

test('the schemas detect faults: a misspelt field, a wrong type, a missing field', () => {
  const job = manifestOf('Job', 'generators') ?? assert.fail();
  const wrong = (change: (text: string) => string) =>
    faults(v.parse(manifestSchema, JSON.parse(change(JSON.stringify(job))))).join('\n');
  assert.match(
    wrong((text) => text.replace('"automountServiceAccountToken"', '"automountServiceToken"')),
    /^\/spec\/template\/spec\/automountServiceToken is not a field/,
  );
  assert.match(
    wrong((text) => text.replace('"backoffLimit":0', '"backoffLimit":"none"')),
    /spec\/backoffLimit/,
  );
  assert.match(
    wrong((text) => text.replace(/"template":.*/, '"suspend":true}}')),
    /template/,
  );
});

test('no Pod may run as root, gain privileges, write outside its volumes, or call the Kubernetes API', () => {
  assert.deepEqual(pods.map(({ name }) => name).sort(), ['generators', 'nats', 'nginx', 'runner']);
  const account = manifestOf('ServiceAccount', 'nginx-ws-bench') ?? assert.fail();
  assert.equal(account.automountServiceAccountToken, false);
  for (const { kind } of manifests) assert.doesNotMatch(kind, /Role|Secret/);
  const { metadata } = manifestOf('Namespace', 'nginx-ws-bench') ?? assert.fail();
  assert.equal(metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
  for (const { name, spec } of pods) {
    assert.equal(spec.serviceAccountName, account.metadata.name, name);
    assert.equal(spec.automountServiceAccountToken, false, name);
    const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext;
    assert.ok(runAsNonRoot && runAsUser > 0, name);
    assert.deepEqual(seccompProfile, { type: 'RuntimeDefault' }, name);
  }
  for (const { pod, name, securityContext, resources, image, env } of containers) {
    const where = `${pod}/${name}`;
    assert.deepEqual(
      securityContext,
      {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      where,
    );
    // A limit on CPU time would stall both the measured and the measuring processes.
    assert.deepEqual(Object.keys(resources.limits), ['memory'], where);
    assert.match(image, /^(nginx-ws-bench:\d+\.\d+\.\d+|[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64})$/, where);
    assert.deepEqual(env, [], where);
  }
});

test('the image is the one of this version', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const own = containers.filter(({ image }) => image.startsWith('nginx-ws-bench:'));
  assert.equal(own.length, 5);
  for (const { image } of own) assert.equal(image, `nginx-ws-bench:${version}`);
});

test('a generator that exits is not restarted, because its run has failed', () => {
  const { spec } = manifestOf('Job', 'generators') ?? assert.fail();
  const { completionMode, completions, parallelism, backoffLimit } = v.parse(
    v.looseObject({
      completionMode: v.string(),
      completions: v.number(),
      parallelism: v.number(),
      backoffLimit: v.number(),
    }),
    spec,
  );
  assert.deepEqual([completionMode, backoffLimit], ['Indexed', 0]);
  assert.equal(completions, parallelism);
  assert.equal(pods.find(({ name }) => name === 'generators')?.spec.restartPolicy, 'Never');
});

test('references to volumes, labels, ports, services and secrets are correct', () => {
  for (const manifest of manifests)
    assert.equal(
      manifest.metadata.namespace,
      manifest.kind === 'Namespace' ? undefined : 'nginx-ws-bench',
      manifest.metadata.name,
    );
  for (const { name, spec } of pods) {
    const volumes = spec.volumes.map((volume) => volume.name);
    const mounted = spec.containers.flatMap(({ volumeMounts }) => volumeMounts.map((mount) => mount.name));
    assert.deepEqual([...new Set(mounted)].sort(), volumes.sort(), name);
    for (const { secret } of spec.volumes) if (secret !== undefined) assert.equal(secret.secretName, 'nats');
  }
  const portSchema = v.looseObject({ port: v.number(), targetPort: v.string() });
  const serviceSchema = v.object({ selector: labels, ports: v.array(portSchema) });
  for (const { kind, metadata, spec } of manifests) {
    if (kind !== 'Service') continue;
    const { selector, ports } = v.parse(serviceSchema, spec);
    const selected = pods.filter((pod) =>
      Object.entries(selector).every(([key, value]) => pod.labels[key] === value),
    );
    assert.deepEqual(
      selected.map(({ name }) => name),
      [metadata.name],
    );
    const open = selected.flatMap((pod) => pod.spec.containers.flatMap((each) => each.ports));
    for (const { targetPort } of ports) assert.ok(open.some(({ name }) => name === targetPort));
  }
  // The NATS server only accepts connections from Pods with this label.
  const members = pods.filter((pod) => pod.labels['app.kubernetes.io/part-of'] === 'nginx-ws-bench');
  assert.equal(members.length, pods.length);
});

test('every command line in them is valid', () => {
  const agents = containers.filter(({ args }) => args[0] === 'agent');
  assert.deepEqual(
    agents.map(({ pod, name }) => `${pod}/${name}`),
    ['generators/agent', 'nginx/observer'],
  );
  for (const { args } of agents) {
    const request = parseRequest(args);
    assert.ok(request.command === 'agent');
    assert.deepEqual(request.agent.nats, {
      url: 'nats://nats:4222',
      secretFile: '/etc/nats/token',
      caFile: null,
    });
  }
  const echo = containers.find(({ name }) => name === 'echo') ?? assert.fail();
  assert.deepEqual(
    echo.command.map((word) => word.replace(/.*\/dist\//, 'dist/')),
    ['node', 'dist/server/main.js'],
  );
  const options = parseOptions(echo.args);
  assert.ok(options !== 'help' && options.port === 9000 && options.kind === 'lean');
});
