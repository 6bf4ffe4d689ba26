import { crashContainer } from '../../infra/docker/engine/crash.ts'
import { until } from '../support/until.ts'
import { runProgram } from './base-images/run-program.ts'
import type { TestPlatform } from './test-platform.ts'

/** How long a service may take until it runs, and is healthy, after a fault. */
const returnSeconds = 90

/** `docker restart` of services, all at once. */
export async function restart(platform: TestPlatform, services: readonly string[]): Promise<void> {
  const containers = services.map((service) => platform.containerName(service))
  await runProgram('docker', ['restart', ...containers])
}

/** SIGTERM, and no start before `start`. */
export async function stop(platform: TestPlatform, service: string): Promise<void> {
  await runProgram('docker', ['stop', platform.containerName(service)])
}

export async function start(platform: TestPlatform, service: string): Promise<void> {
  await runProgram('docker', ['start', platform.containerName(service)])
}

/** `kill -9` of a service's main process; returns once it has ended. */
export async function crash(platform: TestPlatform, service: string): Promise<void> {
  const { State: before } = await platform.inspect(service)
  await crashContainer(platform.config, service)
  await until(`${service} has ended`, async () => {
    const { State: state } = await platform.inspect(service)
    return state.Pid !== before.Pid
  })
}

/** A service runs again and says of itself that it does its work. */
export async function untilHealthy(platform: TestPlatform, service: string): Promise<void> {
  const look = async () => (await platform.inspect(service)).State.Health?.Status === 'healthy'
  await until(`${service} is healthy again`, look, returnSeconds)
}
