import { checkCommand } from '../../containers/check-command.ts'
import type { Engine } from '../engine/engine.ts'
import type { ReadyCheck } from '../../topology/role-file.ts'

/** The health check of a container, in the engine's format. */
export type Healthcheck = {
  readonly tests: string[]
  readonly interval: string
  readonly startPeriod: string
  readonly startInterval?: string
  readonly timeout: string
  readonly retries: number
}

/** The command by which the engine checks that a container is ready. */
export function toHealthcheck(check: ReadyCheck, engine: Engine): Healthcheck | undefined {
  const tests = testOf(check)
  if (!tests) return undefined
  return {
    tests,
    interval: '5s',
    // A small machine with other work needs minutes to start all containers.
    startPeriod: '3m0s',
    ...(engine.knowsStartInterval && { startInterval: '1s' }),
    timeout: '10s',
    retries: 3,
  }
}

/** `images/check-service.sh` in our images: it also kills a service that gives no answer. */
const checkScript = '/app/check-service.sh'

function testOf(check: ReadyCheck): string[] | undefined {
  if (check.kind === 'http' && check.alivePath !== undefined)
    return ['CMD', 'bash', checkScript, String(check.address.port)]
  const command = checkCommand(check)
  return command && ['CMD', ...command]
}
