import type { KafkaOperation } from '../../../services/adapters/kafka/requests/rights/allowed-operations.ts'
import { quoteForShell } from '../../cli/quote-for-shell.ts'

/** A right at Kafka that a user does not have. */
export type MissingAcl = {
  readonly resource: 'topic' | 'group'
  readonly name: string
  readonly isPrefix: boolean
  readonly operation: KafkaOperation
}

/** The server, and the user that gets the right. */
export type AclTarget = { readonly brokers: readonly string[]; readonly user: string }

/** The command with which an administrator gives a right. `admin.properties` has the administrator's login. */
export function aclCommand(acl: MissingAcl, { brokers, user }: AclTarget): string {
  const { resource, name, isPrefix, operation } = acl
  const words = [
    ...['kafka-acls.sh', '--bootstrap-server', brokers.join(',')],
    ...['--command-config', 'admin.properties'],
    ...['--add', '--allow-principal', `User:${user}`, '--operation', operation],
    ...[`--${resource}`, name],
    ...(isPrefix ? ['--resource-pattern-type', 'prefixed'] : []),
  ]
  return words.map(quoteForShell).join(' ')
}

/** The right in words, for the table. */
export function describeAcl({ resource, name, isPrefix, operation }: MissingAcl): string {
  const which = isPrefix ? `${resource}s ${name}*` : `${resource} ${name}`
  return `${operation} on the ${which}`
}
