import type * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import type { Engine } from '../engine/engine.ts'
import { toHealthcheck } from './healthcheck.ts'
import { labels, nameOf } from '../names.ts'
import { publishedPorts } from '../placement.ts'

/** What all containers of a platform have in common. */
export type ContainerContext = {
  readonly config: PlatformConfig
  readonly networkName: pulumi.Input<string>
  readonly engine: Engine
  /** The Pulumi stack of the containers. */
  readonly stack: string
}

/** A volume, or a file of the engine's machine, mounted into a container. */
export type Mount = (
  { readonly volumeName: pulumi.Input<string> } | { readonly hostPath: string }
) & {
  readonly containerPath: string
  readonly readOnly: boolean
}

/** What is specific to one container. */
export type ContainerSpec = {
  readonly image: pulumi.Input<string>
  /** `uid:gid` or a user of the image; never root. */
  readonly user: string
  readonly memoryMegabytes: number
  readonly entrypoints?: string[]
  readonly command?: string[]
  readonly env?: Readonly<Record<string, string>>
  readonly mounts?: readonly Mount[]
  /** Small writable folders that are empty after each start; `/tmp` is always one. */
  readonly scratch?: readonly string[]
  /** Further names on the network. */
  readonly aliases?: readonly string[]
  /** Secret files that are written before the start. Such a container cannot be read-only. */
  readonly uploads?: pulumi.Input<{ file: string; content: pulumi.Input<string> }[]>
  readonly labels?: Readonly<Record<string, string>>
}

/**
 * Limit of processes and threads of a container that runs once. The kernel counts them per user, over all
 * containers. A container that runs all the time has its own limit (`process-limit.ts`).
 */
const processes = 4_096
/** Seconds for a graceful shutdown after SIGTERM. */
const stopSeconds = 20
/** Seconds after which a container that is not healthy fails the `up`. */
const readySeconds = 240

/**
 * A container of the platform, confined: not root, no capabilities, writable only in its volumes, with
 * limits of memory and processes. A service has started when it is healthy; one that runs once, when it
 * has ended with exit code 0.
 */
export function container(
  plan: Pick<ServicePlan, 'name' | 'role' | 'instance' | 'ready'>,
  spec: ContainerSpec,
  context: ContainerContext,
): docker.ContainerArgs {
  return {
    name: nameOf(context.config, plan.name),
    hostname: plan.name,
    image: spec.image,
    ...(spec.entrypoints && { entrypoints: spec.entrypoints }),
    ...(spec.command && { command: spec.command }),
    envs: inPairs(spec.env ?? {}),
    networksAdvanced: [
      { name: context.networkName, aliases: [plan.name, ...(spec.aliases ?? [])] },
    ],
    ports: publishedPorts(context.config, plan),
    volumes: [...(spec.mounts ?? [])],
    labels: toLabels({
      [labels.platform]: context.config.network.name,
      [labels.role]: plan.role,
      [labels.stack]: context.stack,
      ...spec.labels,
    }),
    ...(spec.uploads && { uploads: spec.uploads }),
    ...confinement(spec),
    ...(plan.ready.kind === 'exit' && {
      ulimits: [{ name: 'nproc', soft: processes, hard: processes }],
    }),
    ...lifecycle(plan, context.engine),
    // Without a limit the engine keeps the whole log of a container.
    logDriver: 'json-file',
    logOpts: { 'max-size': '10m', 'max-file': '3' },
  }
}

function confinement(spec: ContainerSpec): Partial<docker.ContainerArgs> {
  const scratch = ['/tmp', ...(spec.scratch ?? [])]
  return {
    user: spec.user,
    readOnly: spec.uploads === undefined,
    capabilities: { drops: ['ALL'] },
    securityOpts: ['no-new-privileges:true'],
    tmpfs: Object.fromEntries(scratch.map((path) => [path, 'rw,nosuid,nodev,size=64m,mode=1777'])),
    memory: spec.memoryMegabytes,
    // Without it each preview shows a change. Equal to `memory` means no swap.
    memorySwap: spec.memoryMegabytes,
  }
}

function lifecycle(
  { ready }: Pick<ServicePlan, 'ready'>,
  engine: Engine,
): Partial<docker.ContainerArgs> {
  if (ready.kind === 'exit') {
    return { restart: 'no', attach: true, logs: true, mustRun: false, destroyGraceSeconds: 5 }
  }
  const healthcheck = toHealthcheck(ready, engine)
  return {
    restart: 'unless-stopped',
    // The health check of our services kills a hung one. The kernel protects process 1 from that, so
    // an init process is process 1. It ends when the service ends.
    ...(ready.kind === 'http' && ready.alivePath !== undefined && { init: true }),
    stopTimeout: stopSeconds,
    destroyGraceSeconds: stopSeconds,
    ...(healthcheck && { healthcheck, wait: true, waitTimeout: readySeconds }),
  }
}

/** Checks the exit code of a container that runs once. The provider waits for its end but does not check it. */
export function expectSuccess(once: docker.Container): void {
  pulumi.all([once.name, once.exitCode, once.containerLogs]).apply(([name, exitCode, log]) => {
    if (exitCode === 0) return
    const end = log.trimEnd().split('\n').slice(-5).join('\n  ')
    throw new pulumi.RunError(
      `${name} ended with exit code ${exitCode}. The last lines of its log:\n  ${end}`,
    )
  })
}

function inPairs(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
}

/** Labels in the form of the provider, in a stable order. */
export function toLabels(values: Readonly<Record<string, string>>) {
  return Object.entries(values)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([label, value]) => ({ label, value }))
}

/** Options of a container's resource. Names and ports are free only after the old container was removed. */
export function ownedBy(
  parent: pulumi.Resource,
  dependsOn: readonly pulumi.Resource[],
): pulumi.CustomResourceOptions {
  return {
    parent,
    dependsOn: [...dependsOn],
    deleteBeforeReplace: true,
    customTimeouts: { create: '5m' },
  }
}
