import { crashContainer } from '../../infra/docker/engine/crash.ts'
import { until } from '../support/until.ts'
import { runProgram } from './base-images/run-program.ts'
import type { TestPlatform } from './test-platform.ts'

/**
 * Timeout for the platform or one of its services to recover after a fault. On two busy cores a broker
 * has needed more than 90 s.
 */
export const recoverySeconds = 240

/** Restarts several services together with `docker restart`. */
export async function restart(platform: TestPlatform, services: readonly string[]): Promise<void> {
  const containers = services.map((service) => platform.containerName(service))
  await runProgram('docker', ['restart', ...containers])
}

/** Stops a service with SIGTERM until `start` is called. */
export async function stop(platform: TestPlatform, service: string): Promise<void> {
  await runProgram('docker', ['stop', platform.containerName(service)])
}

export async function start(platform: TestPlatform, service: string): Promise<void> {
  await runProgram('docker', ['start', platform.containerName(service)])
}

/** Kills the main process of a service with SIGKILL, and waits until it has ended. */
export async function crash(platform: TestPlatform, service: string): Promise<void> {
  const { State: before } = await platform.inspect(service)
  await crashContainer(platform.config, service)
  await until(`${service} has ended`, async () => {
    const { State: state } = await platform.inspect(service)
    return state.Pid !== before.Pid
  })
}

/** Waits until the health check of the service succeeds. */
export async function untilHealthy(platform: TestPlatform, service: string): Promise<void> {
  const isHealthy = async () => (await platform.inspect(service)).State.Health?.Status === 'healthy'
  await until(`${service} is healthy again`, isHealthy, recoverySeconds)
}
