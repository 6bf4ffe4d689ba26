import type { PostgresSettings } from './settings.ts'

/** A server of the user refuses a connection, in words that say what to do. The error of pg is its cause. */
class ConnectionRefusal extends Error {
  readonly code: string | undefined
  constructor(message: string, cause: Error & { readonly code?: unknown }) {
    super(message, { cause })
    this.name = 'ConnectionRefusal'
    this.code = typeof cause.code === 'string' ? cause.code : undefined
  }
}

type Explain = (settings: PostgresSettings, message: string) => string

const at = ({ host, port, tls }: PostgresSettings): string => `${tls?.serverName ?? host}:${port}`

const untrusted: Explain = (settings, message) =>
  `The certificate of Postgres at ${at(settings)} is not trusted (${message}). If it is right, name a file with its authority in postgres.external.tls.authorityFile${present(settings.tls?.authorityFile)}.`

const present = (file: string | undefined): string =>
  file === undefined ? '' : `, or put the authority into ${file}`

const outOfDate: Explain = (settings, message) =>
  `The certificate of Postgres at ${at(settings)} is not valid now (${message}). Renew it on the server, and check the clock of this machine.`

/** By the codes of Node (OpenSSL) and the SQLSTATEs of Postgres. */
const explanations: Readonly<Record<string, Explain>> = {
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_HAS_EXPIRED: outOfDate,
  CERT_NOT_YET_VALID: outOfDate,
  ERR_TLS_CERT_ALTNAME_INVALID: (settings, message) =>
    `The certificate of Postgres at ${at(settings)} is for another host (${message.replace(/\.$/, '')}). Set postgres.external.host to a name in the certificate, or postgres.external.tls.mode to verify-ca.`,
  // invalid_password: also if it has expired
  '28P01': (settings, message) =>
    `Postgres at ${at(settings)} refuses the password of ${settings.user} (${message})${readAgain(settings)}`,
  // invalid_authorization_specification
  '28000': (settings, message) =>
    `Postgres at ${at(settings)} does not let ${settings.user} log in (${message}).`,
}

const readAgain = ({ passwordFile }: PostgresSettings): string =>
  passwordFile === undefined
    ? '.'
    : `. Put the right one into ${passwordFile}; it is read again for each connection.`

/** The error of a connection to a server of the user, with what to do about it if that is known. */
export function explainRefusal(error: Error, settings: PostgresSettings): Error {
  const { code } = error as { readonly code?: unknown }
  const explain = typeof code === 'string' ? explanations[code] : undefined
  return explain ? new ConnectionRefusal(explain(settings, error.message), error) : error
}
