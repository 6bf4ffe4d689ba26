import { spawn } from 'node:child_process'
import { kubectl } from '../../../infra/kubernetes/cluster/kubectl.ts'
import type { Properties, ResourceKind } from '../../docker/harness/resource-kind.ts'

type ClusterObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly annotations?: object
  }
}

const fields = [
  ...['apiVersion', 'kind', 'metadata', 'type', 'spec', 'data', 'stringData', 'binaryData'],
]

/** Whether objects that exist already may be taken over: the provider's `upsertExistingObjects`. */
let mayTakeOver = false

/** An object of the cluster. Like the provider, it is applied by the server (Kubernetes documentation, Server-Side Apply). */
export const clusterObject: ResourceKind = {
  known: fields,
  create,
  update: apply,
  remove: (inputs) => removeObject(inputs as ClusterObject),
}

/** A Job cannot be changed, so it is replaced. It is created when it has ended with success. */
export const clusterJob: ResourceKind = {
  known: fields,
  create: async (inputs) => {
    const outputs = await create(inputs)
    const { metadata } = inputs as ClusterObject
    const of = [`--namespace=${metadata.namespace ?? ''}`, `job/${metadata.name}`]
    await kubectl('wait', ...of, '--for=condition=complete', '--timeout=180s')
    return outputs
  },
  remove: (inputs) => removeObject(inputs as ClusterObject),
}

/** The harness uses the current context of kubectl. */
export const clusterProvider: ResourceKind = {
  known: [
    ...['context', 'kubeconfig', 'clusterIdentifier', 'upsertExistingObjects', 'enablePatchForce'],
    ...['enableSecretMutable', 'enableConfigMapMutable'],
  ],
  declared: ({ upsertExistingObjects }) => {
    // Pulumi gives a provider its inputs as JSON texts.
    mayTakeOver = String(upsertExistingObjects) === 'true'
  },
  create: () => Promise.resolve({ id: 'cluster' }),
  update: () => Promise.resolve({ id: 'cluster' }),
  remove: () => Promise.resolve(),
}

/** Like the provider, refuses an object that exists already. */
async function create(inputs: Properties): Promise<Properties> {
  const object = inputs as ClusterObject
  if (!mayTakeOver && (await kubectl('get', ...nameOf(object), '--ignore-not-found')) !== '') {
    throw new Error(`${object.kind} ${object.metadata.name} exists already`)
  }
  return apply(inputs)
}

async function apply(inputs: Properties): Promise<Properties> {
  const text = await applyText(JSON.stringify(inputs))
  const { metadata, status } = JSON.parse(text) as Properties & { metadata: { uid: string } }
  return { id: metadata.uid, metadata, status }
}

function applyText(text: string): Promise<string> {
  // The provider forces conflicts too (`enablePatchForce`).
  const options = ['--field-manager=av-telemetry', '--force-conflicts', '-o', 'json']
  const child = spawn('kubectl', ['apply', '--server-side', ...options, '-f', '-'])
  let output = ''
  let faults = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  child.stderr.on('data', (part: Buffer) => (faults += part.toString()))
  child.stdin.end(text)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`kubectl apply failed: ${faults}`))
    })
  })
}

async function removeObject(object: ClusterObject): Promise<void> {
  await kubectl('delete', ...nameOf(object), '--ignore-not-found', '--wait')
}

function nameOf({ kind, metadata }: ClusterObject): string[] {
  const { name, namespace } = metadata
  return [
    kind.toLowerCase(),
    name,
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ]
}
