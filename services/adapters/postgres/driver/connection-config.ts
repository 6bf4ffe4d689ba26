import type { ConnectionOptions, SecureContextOptions } from 'node:tls'
import { checkServerIdentity } from 'node:tls'
import { Socket } from 'node:net'
import type pg from 'pg'
import { readRegularFile } from '../../../runtime/process/regular-file.ts'
import type { PostgresSettings, PostgresTls } from './settings.ts'

/** A certificate authority has a few kilobytes, and a bundle of all public ones a few hundred. */
const maxFileBytes = 4 * 1024 * 1024

/** A file with the password or the authority cannot be used now. A later connection reads it again. */
class CredentialFileError extends Error {
  readonly code = 'CREDENTIAL_FILE'
  constructor(what: string, path: string, fault: string) {
    super(`The file with the ${what} of Postgres (${path}) ${fault}.`)
    this.name = 'CredentialFileError'
  }
}

/**
 * The address, the login and TLS, as pg takes them. All programs that connect to Postgres use it.
 *
 * The file with the authority is read now, and the file with the password when the server asks for it. So call
 * it for each new connection. If a file cannot be used, the connection fails with a CredentialFileError.
 */
export function connectionOf(settings: PostgresSettings): pg.ClientConfig {
  const { host, port, database, user, password, passwordFile, tls } = settings
  return {
    ...{ host, port, database, user },
    password: passwordFile === undefined ? password : () => readPassword(passwordFile),
    ...(tls && tlsOf(tls, host)),
  }
}

function readPassword(path: string): string {
  const password = readFile('password', path).toString('utf8').trim()
  if (password === '') throw new CredentialFileError('password', path, 'is empty')
  return password
}

function readFile(what: string, path: string): Buffer {
  try {
    return readRegularFile(path, maxFileBytes)
  } catch (error) {
    throw new CredentialFileError(what, path, `cannot be read (${(error as Error).message})`)
  }
}

type Tls = Pick<pg.ClientConfig, 'ssl' | 'stream'>

function tlsOf(tls: PostgresTls, host: string): Tls {
  // Without it, pg would follow the variable PGSSLMODE.
  if (tls.mode === 'disable') return { ssl: false }
  try {
    return { ssl: { ...authorityOf(tls), ...checksOf(tls, host) } }
  } catch (error) {
    return { ssl: {}, stream: () => failingSocket(error as Error) }
  }
}

/** Without a file, the authorities that Node trusts. */
function authorityOf({ authorityFile }: PostgresTls): SecureContextOptions {
  return authorityFile === undefined ? {} : { ca: readFile('authority', authorityFile) }
}

/** The modes have the meaning that they have in libpq (PostgreSQL documentation, 32.19.1). */
function checksOf({ mode, serverName }: PostgresTls, host: string): ConnectionOptions {
  switch (mode) {
    case 'verify-full':
      return {
        rejectUnauthorized: true,
        checkServerIdentity: (_, certificate) =>
          checkServerIdentity(serverName ?? host, certificate),
      }
    case 'verify-ca':
      return { rejectUnauthorized: true, checkServerIdentity: () => undefined }
    case 'require':
    case 'disable':
      return { rejectUnauthorized: false }
    default:
      return mode satisfies never
  }
}

/** A socket whose connection fails. pg reports errors only of sockets. */
function failingSocket(error: Error): Socket {
  const socket = new Socket()
  process.nextTick(() => socket.destroy(error))
  return socket
}
