import type { core } from '@pulumi/kubernetes/types/input.js'
import type * as pulumi from '@pulumi/pulumi'
import { secretFolder } from '../../containers/placement.ts'
import { programOf } from '../../containers/programs/index.ts'
import type { ContainerProgram } from '../../containers/programs/program.ts'
import { memoryOf } from '../../containers/programs/program.ts'
import { roles } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { labels, roleLabels } from '../names.ts'
import { hasVolume, podName } from '../placement.ts'
import type { ClusterContext } from './context.ts'
import { probesOf } from './probes.ts'
import type { ClusterSecrets } from './secrets.ts'
import type { FolderOfFiles } from './user-files.ts'

/** The Secret objects that pods can mount. */
type PodSecrets = {
  readonly has: ClusterSecrets['has']
  readonly objectOf: (secret: string) => pulumi.Input<string>
  readonly versionsFor: (names: readonly string[]) => Record<string, pulumi.Input<string>>
}

export type PodArgs = {
  readonly context: ClusterContext
  readonly image: pulumi.Input<string>
  readonly secrets: ClusterSecrets
  /** The user's files that it reads. */
  readonly files: readonly FolderOfFiles[]
}

/** What the pod of an instance is made from, with or without Pulumi. */
export type PodParts = Omit<PodArgs, 'secrets' | 'context'> & {
  readonly secrets: PodSecrets
  readonly context: Omit<ClusterContext, 'kubectlContext'>
}

/** The template of a pod. */
export type PodTemplate = {
  readonly metadata: core.v1.PodTemplateSpec['metadata']
  readonly spec: core.v1.PodSpec
}

/** Seconds for a graceful shutdown after SIGTERM. */
const stopSeconds = 20
/** Seconds until the nodes of the cluster and the ingress send no new connections to a pod that ends. */
const farewellSeconds = 5
/** The name of the volume with the data of a server. */
export const dataVolume = 'data'

/**
 * The pod of an instance, which the Pod Security Standard `restricted` admits: not root, no capabilities,
 * writable only in its volumes, with a limit of memory.
 */
export function podOf(plan: ServicePlan, args: PodParts): PodTemplate {
  const program = programOf({ plan, config: args.context.config, target: 'kubernetes' })
  const volumes = volumesOf(program, args)
  const { id } = program.user
  return {
    metadata: {
      labels: labelsOf(plan),
      annotations: args.secrets.versionsFor(program.secrets),
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: stopSeconds + (program.drainSeconds ?? farewellSeconds),
      ...processesOf(plan),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: id,
        runAsGroup: id,
        fsGroup: id,
        // By default each start would change the owner of every file, and give the group write access.
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      nodeSelector: nodesOf(args.context),
      ...apartFromOthers(plan, args.context),
      containers: [{ ...containerOf(plan, program, volumes), image: args.image }],
      volumes: volumes.map(({ volume }) => volume),
    },
  }
}

/** The labels by which Services, budgets and policies select the pod. */
function labelsOf({ role, name }: ServicePlan) {
  return { ...roleLabels(role), ...(hasVolume(role) && { [labels.instance]: name }) }
}

/** The nodes that can run the images. */
function nodesOf({ platform }: PodParts['context']) {
  const [os = '', architecture = ''] = platform.split('/')
  return { 'kubernetes.io/os': os, 'kubernetes.io/arch': architecture }
}

/** The first process of a shared namespace also waits for processes that others leave behind, like Docker's init. */
function processesOf({ role }: ServicePlan): Pick<core.v1.PodSpec, 'shareProcessNamespace'> {
  return roles[role].bundle?.programs === undefined ? {} : { shareProcessNamespace: true }
}

function containerOf(
  plan: ServicePlan,
  program: ContainerProgram,
  volumes: readonly PodVolume[],
): core.v1.Container {
  const { entrypoint, command, env } = program
  const memory = `${memoryOf(plan)}Mi`
  return {
    name: plan.role,
    // Names of our images contain a digest of the content. Those of other projects name a version.
    imagePullPolicy: 'IfNotPresent',
    ...(entrypoint && { command: entrypoint }),
    ...(command && { args: command }),
    env: Object.entries(env)
      .map(toVariable)
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
    resources: { limits: { memory }, requests: { memory, cpu: '50m' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    ...probesOf(program.ready ?? plan.ready, program.drainSeconds),
    ...farewellOf(plan, program),
    volumeMounts: [...volumes.map(({ mount }) => mount), ...dataMount(plan)],
  }
}

/** Kubernetes reads `$(NAME)` and `$$` in a value, so each `$` is doubled. */
function toVariable([name, value]: readonly [string, string]): core.v1.EnvVar & { name: string } {
  return value === podName
    ? { name, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }
    : { name, value: value.replaceAll('$', '$$$$') }
}

/**
 * A program that accepts requests is stopped when none come any more: clients of the dashboard have found another pod,
 * and the ingress has found the producer that replaces this one.
 */
function farewellOf(
  { role }: ServicePlan,
  { drainSeconds }: ContainerProgram,
): Pick<core.v1.Container, 'lifecycle'> {
  const acceptsRequests = roles[role].ports?.main !== undefined && !hasVolume(role)
  if (!acceptsRequests || drainSeconds !== undefined) return {}
  return { lifecycle: { preStop: { exec: { command: ['sleep', String(farewellSeconds)] } } } }
}

/** Below a folder of the volume, because some file systems have a folder `lost+found`, which Kafka refuses. */
function dataMount({ role }: ServicePlan): core.v1.VolumeMount[] {
  const { volume } = roles[role]
  return volume === undefined
    ? []
    : [{ name: dataVolume, mountPath: volume.path, subPath: dataVolume }]
}

type PodVolume = { readonly volume: core.v1.Volume; readonly mount: core.v1.VolumeMount }

function volumesOf(
  { scratch = [], secrets: names }: ContainerProgram,
  args: PodParts,
): PodVolume[] {
  const { secrets, files } = args
  return [
    ...['/tmp', ...scratch].map(scratchVolume),
    ...names.filter((name) => secrets.has(name)).map((name) => secretVolume(name, secrets)),
    ...files.map(({ name, folder, source }) => ({
      volume: { name, ...source },
      mount: { name, mountPath: folder, readOnly: true },
    })),
  ]
}

/** In memory, because some programs write passwords there. */
function scratchVolume(path: string): PodVolume {
  const name = `scratch${path.replaceAll('/', '-')}`
  return {
    volume: { name, emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    mount: { name, mountPath: path },
  }
}

function secretVolume(secret: string, secrets: PodSecrets): PodVolume {
  const name = `secret-${secret}`
  return {
    volume: { name, secret: { secretName: secrets.objectOf(secret), defaultMode: 0o440 } },
    mount: { name, mountPath: secretFolder(secret), readOnly: true },
  }
}

/** Servers that keep copies of each other's data run on different nodes. */
function apartFromOthers(
  { role }: ServicePlan,
  { config }: PodParts['context'],
): Pick<core.v1.PodSpec, 'affinity'> {
  const { oneServerPerNode } = config.kubernetes
  if (roles[role].cluster === undefined || !oneServerPerNode) return {}
  const term = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: roleLabels(role) },
  }
  return {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  }
}
