import type * as docker from '@pulumi/docker'
import type { Unwrap } from '@pulumi/pulumi'
import type { ContainerCreateOptions, HealthConfig, HostConfig } from 'dockerode'
import { fromLabels } from './engine-client.ts'

export type ContainerInputs = Unwrap<docker.ContainerArgs>

type Part<Key extends keyof ContainerInputs> = NonNullable<ContainerInputs[Key]>

/** The servers live for minutes. Without the second compiler of Java they need less CPU. */
const shortLivedJava = 'JDK_JAVA_OPTIONS=-XX:TieredStopAtLevel=1'

const bytesPerMegabyte = 1024 * 1024

/** Converts provider inputs to options of the engine API. */
export function toCreateOptions(inputs: ContainerInputs): ContainerCreateOptions {
  const { healthcheck, networksAdvanced: networks = [] } = inputs
  return {
    ...withValues({
      name: inputs.name,
      Hostname: inputs.hostname,
      User: inputs.user,
      Entrypoint: inputs.entrypoints,
      Cmd: inputs.command,
      StopTimeout: inputs.stopTimeout,
      Healthcheck: healthcheck && toHealthcheck(healthcheck),
    }),
    Image: inputs.image,
    Env: [...(inputs.envs ?? []), shortLivedJava],
    Labels: fromLabels(inputs.labels),
    ExposedPorts: Object.fromEntries(toBindings(inputs).map(([port]) => [port, {}])),
    HostConfig: { ...toHostConfig(inputs), NetworkMode: networks[0]?.name ?? 'default' },
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries(
        networks.map(({ name, aliases = [] }) => [name, { Aliases: aliases }]),
      ),
    },
  }
}

function toHostConfig(inputs: ContainerInputs): HostConfig {
  const { memory, memorySwap, restart, capabilities, ulimits, logDriver } = inputs
  return {
    PortBindings: Object.fromEntries(toBindings(inputs)),
    Binds: (inputs.volumes ?? []).map(toBind),
    ...withValues({
      Tmpfs: inputs.tmpfs,
      CapAdd: capabilities?.adds,
      CapDrop: capabilities?.drops,
      SecurityOpt: inputs.securityOpts,
      Ulimits: ulimits?.map(toUlimit),
      Memory: memory && memory * bytesPerMegabyte,
      MemorySwap: memorySwap && memorySwap * bytesPerMegabyte,
      ReadonlyRootfs: inputs.readOnly,
      Init: inputs.init,
      RestartPolicy: restart && { Name: restart },
      LogConfig: logDriver && { Type: logDriver, Config: inputs.logOpts ?? {} },
    }),
  }
}

type WithValues<Options> = { [Key in keyof Options]?: Exclude<Options[Key], undefined | '' | 0> }

function withValues<Options extends object>(options: Options): WithValues<Options> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as WithValues<Options>
}

function toBindings({ ports = [] }: ContainerInputs) {
  return ports.map(({ internal, external, ip = '' }): [string, object[]] => [
    `${internal}/tcp`,
    [{ HostIp: ip, HostPort: String(external ?? '') }],
  ])
}

function toBind(volume: Part<'volumes'>[number]): string {
  const { volumeName = '', hostPath, containerPath = '', readOnly = false } = volume
  return `${hostPath ?? volumeName}:${containerPath}:${readOnly ? 'ro' : 'rw'}`
}

function toUlimit({ name, soft, hard }: Part<'ulimits'>[number]) {
  return { Name: name, Soft: soft, Hard: hard }
}

function toHealthcheck(check: Part<'healthcheck'>): HealthConfig {
  const { tests, interval = '0s', timeout = '0s', startPeriod = '0s', retries = 0 } = check
  const options = {
    Test: tests,
    Interval: toNanoseconds(interval),
    Timeout: toNanoseconds(timeout),
    StartPeriod: toNanoseconds(startPeriod),
    Retries: retries,
  }
  const { startInterval } = check
  // The type declarations of the engine API lack this option.
  return startInterval === undefined
    ? options
    : { ...options, StartInterval: toNanoseconds(startInterval) }
}

/** Parses a duration in Go format, e.g. `2m0s`. */
function toNanoseconds(duration: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? []
  return (Number(minutes) * 60 + Number(seconds)) * 1e9
}
