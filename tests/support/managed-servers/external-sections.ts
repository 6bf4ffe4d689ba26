import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ManagedKafka, Mechanism } from './managed-kafka.ts'
import type { ManagedPostgres } from './managed-postgres.ts'

/** Writes a password or a name into a file. @returns its path */
function writeCredential(folder: string, name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, `${content}\n`, { mode: 0o600 })
  return file
}

/**
 * The section `kafka.external` of a configuration. The login is written into files of the folder; call it again after
 * the password was changed.
 */
export function kafkaSection(
  kafka: ManagedKafka,
  folder: string,
  mechanism: Mechanism = 'scram-sha-512',
) {
  const { username, password } = kafka.client
  return {
    brokers: kafka.brokers,
    tls: { authorityFile: kafka.authorityFile },
    sasl: {
      mechanism,
      usernameFile: writeCredential(folder, 'kafka-user', username),
      passwordFile: writeCredential(folder, 'kafka-password', password),
    },
  }
}

/** The same for `postgres.external`. @param given whether the roles of the services are made by `makeRoles` */
export function postgresSection(postgres: ManagedPostgres, folder: string, given: boolean) {
  const { host, port, owner, authorityFile, rolePasswords } = postgres
  const file = (role: keyof typeof rolePasswords): string =>
    writeCredential(folder, role, rolePasswords[role])
  const roles = given && {
    roles: {
      given,
      writerPasswordFile: file('writer'),
      workerPasswordFile: file('worker'),
      operatorPasswordFile: file('operator'),
      readerPasswordFile: file('reader'),
    },
  }
  return {
    ...{ host, port, user: owner.user, tls: { authorityFile } },
    passwordFile: writeCredential(folder, 'owner', owner.password),
    ...roles,
  }
}
