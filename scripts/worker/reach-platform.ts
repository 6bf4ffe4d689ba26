import { once } from 'node:events'
import { connect } from 'node:net'
import { UserError } from '../../infra/checks/user-error.ts'
import type { Address } from '../../infra/topology/addresses.ts'
import { addressText } from '../../infra/topology/addresses.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { isLoginRefused } from '../../services/adapters/kafka/connection/access-fault.ts'
import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { compareMigrations } from '../../services/adapters/postgres/driver/compare-migrations.ts'
import type { PostgresSettings } from '../../services/adapters/postgres/driver/settings.ts'
import { createLogger } from '../../services/runtime/logger.ts'

// Checks before a worker on another machine starts. After its start it waits for servers that do not answer.

const connectTimeoutMs = 5_000
const inviteAgain =
  'The passwords of the platform have changed since the invitation, or another platform uses its address now. Invite again with: npm run worker -- invite'

/** @throws UserError if Postgres cannot be used */
export async function requirePostgres(pool: Pool, settings: PostgresSettings): Promise<void> {
  const address = addressText(settings)
  try {
    await requireConnection(settings)
  } catch (error) {
    throw new UserError(describeUnreachable('Postgres', address, error))
  }
  const comparison = await compareMigrations(pool, settings.table).catch((error: unknown) => {
    throw toRefusal(error, address)
  })
  if (comparison === 'equal') return
  const [older, newer] =
    comparison === 'older' ? ['This clone', 'the platform'] : ['The platform', 'this clone']
  throw new UserError(
    `${older} is an older version of av-telemetry than ${newer}. Use the same commit on both machines.`,
  )
}

/** @throws UserError if no broker can be used */
export async function requireKafka(
  settings: KafkaSettings,
  brokers: readonly Address[],
): Promise<void> {
  const attempts = await Promise.allSettled(brokers.map(requireConnection))
  if (attempts.every(({ status }) => status === 'rejected')) {
    const [first] = attempts
    const reason: unknown = first?.status === 'rejected' ? first.reason : undefined
    throw new UserError(describeUnreachable('Kafka', settings.brokers.join(', '), reason))
  }
  const kafka = createKafka(settings, 'av-telemetry-command', createLogger('worker', 'silent'))
  await using admin = new TopicAdmin(kafka, settings.topic)
  try {
    await admin.exists()
  } catch (error) {
    const address = settings.brokers.join(', ')
    if (!isLoginRefused(error)) throw new UserError(describeUnreachable('Kafka', address, error))
    throw new UserError(
      `Kafka at ${address} refuses the password of the invitation. ${inviteAgain}`,
    )
  }
}

/** @throws the error of the connection */
async function requireConnection(address: Address): Promise<void> {
  const socket = connect({ ...address, timeout: connectTimeoutMs })
  socket.once('timeout', () => {
    socket.destroy(new Error(`no answer for ${connectTimeoutMs / 1_000} s`))
  })
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}

function describeUnreachable(server: string, address: string, error: unknown): string {
  const { message } = error as Error
  return `${server} of the platform does not answer at ${address} (${message}). Check that the platform runs with the worker.hostAddress of the invitation, and that its firewall allows connections from this machine.`
}

/** Codes of Postgres: wrong password, login not permitted, no such database. */
const refusals: readonly unknown[] = ['28P01', '28000', '3D000']

function toRefusal(error: unknown, address: string): unknown {
  const { code, message } = error as Error & { readonly code?: unknown }
  if (refusals.includes(code)) {
    return new UserError(
      `Postgres at ${address} refuses the password of the invitation (${message}). ${inviteAgain}`,
    )
  }
  return new UserError(`Postgres at ${address} cannot be used: ${message}.`)
}
