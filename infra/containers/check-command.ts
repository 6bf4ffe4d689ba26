import { databaseOwner } from '../topology/logins/database-owner.ts'
import { quorumAnswer, quorumQuestion } from '../topology/ensemble.ts'
import type { ReadyCheck } from '../topology/role-file.ts'

/**
 * The command that checks in its container that a service is ready; undefined if nothing is checked. bash
 * opens the connection, because the images contain no client.
 */
export function checkCommand(check: ReadyCheck): string[] | undefined {
  switch (check.kind) {
    case 'sql':
      // Not through the socket: during initialisation a temporary server answers there too.
      return ['pg_isready', '-q', '-h', '127.0.0.1', '-U', databaseOwner]
    case 'quorum':
      return bash([
        `exec 3<>/dev/tcp/127.0.0.1/${check.address.port}`,
        `printf ${quorumQuestion} >&3`,
        'mapfile -u 3 answer',
        `[[ \${answer[*]} == *'${quorumAnswer}'* ]]`,
      ])
    case 'broker':
      return bash([`</dev/tcp/127.0.0.1/${check.address.port}`])
    case 'http':
      return bash([
        `exec 3<>/dev/tcp/127.0.0.1/${check.address.port}`,
        `printf 'GET ${check.path} HTTP/1.0\\r\\n\\r\\n' >&3`,
        'read -r _ status _ <&3',
        '[[ $status == 200 ]]',
      ])
    case 'exit':
    case 'none':
      return undefined
    default:
      return check satisfies never
  }
}

function bash(steps: readonly string[]): string[] {
  return ['bash', '-c', steps.join(' && ')]
}
