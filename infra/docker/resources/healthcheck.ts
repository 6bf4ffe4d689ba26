import { databaseOwner } from '../../topology/logins/database-owner.ts'
import type { Engine } from '../engine/engine.ts'
import { quorumAnswer, quorumQuestion } from '../../topology/ensemble.ts'
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

/**
 * The command by which the engine checks that a container is ready. bash opens the connection, because the
 * images contain no client.
 */
export function toHealthcheck(check: ReadyCheck, engine: Engine): Healthcheck | undefined {
  const tests = testOf(check)
  if (!tests) return undefined
  return {
    tests,
    interval: '5s',
    startPeriod: '2m0s',
    ...(engine.knowsStartInterval && { startInterval: '1s' }),
    timeout: '5s',
    retries: 3,
  }
}

/** `images/check-service.sh` in our images: it also kills a service that gives no answer. */
const checkScript = '/app/check-service.sh'

function testOf(check: ReadyCheck): string[] | undefined {
  switch (check.kind) {
    case 'sql':
      // Not through the socket: during initialisation a temporary server answers there too.
      return ['CMD', 'pg_isready', '-q', '-h', '127.0.0.1', '-U', databaseOwner]
    case 'quorum':
      return bash(
        [
          `exec 3<>/dev/tcp/127.0.0.1/${check.address.port}`,
          `printf ${quorumQuestion} >&3`,
          'mapfile -u 3 answer',
          `[[ \${answer[*]} == *'${quorumAnswer}'* ]]`,
        ].join(' && '),
      )
    case 'broker':
      return bash(`</dev/tcp/127.0.0.1/${check.address.port}`)
    case 'http':
      if (check.alivePath !== undefined) {
        return ['CMD', 'bash', checkScript, String(check.address.port)]
      }
      return bash(
        [
          `exec 3<>/dev/tcp/127.0.0.1/${check.address.port}`,
          `printf 'GET ${check.path} HTTP/1.0\\r\\n\\r\\n' >&3`,
          'read -r _ status _ <&3',
          '[[ $status == 200 ]]',
        ].join(' && '),
      )
    case 'exit':
    case 'none':
      return undefined
    default:
      return check satisfies never
  }
}

function bash(script: string): string[] {
  return ['CMD', 'bash', '-c', script]
}
