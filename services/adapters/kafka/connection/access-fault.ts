/** Why a client may not use the brokers although they can be reached. */

type Fields = Readonly<Record<'name' | 'type' | 'code' | 'message' | 'cause', unknown>>

/** Codes of OpenSSL and Node for a certificate whose issuer is not known. */
const unknownIssuer = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]

const certificateFaults: ReadonlyMap<string, string> = new Map([
  ...unknownIssuer.map(
    (code) =>
      [code, 'the certificate of Kafka is not signed by an authority that we trust'] as const,
  ),
  ['CERT_HAS_EXPIRED', 'the certificate of Kafka has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate of Kafka is not valid yet'],
  ['CERT_REVOKED', 'the certificate of Kafka is revoked'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of Kafka is for another host name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'Kafka does not speak TLS at this port'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'Kafka does not speak TLS at this port'],
])

const deniedRights: ReadonlyMap<unknown, string> = new Map([
  ['TOPIC_AUTHORIZATION_FAILED', 'Kafka denies this login a right at a topic'],
  ['GROUP_AUTHORIZATION_FAILED', 'Kafka denies this login a right at a consumer group'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'Kafka denies this login a right at the cluster'],
])

/** Files with credentials are read for each connection; this is how sentences about them begin (`kafkajs-options.ts`). */
const fileFault = /the file with the [a-z ]+ for Kafka .*/s

/**
 * Why the brokers do not accept the client: its login, their certificate, or a right. Waiting does not mend it.
 *
 * @returns a part of a sentence; undefined if the error has another reason, e.g. brokers that are down
 */
export function accessFaultOf(error: unknown): string | undefined {
  const fields = (error ?? {}) as Fields
  return faultIn(fields) ?? (fields.cause === undefined ? undefined : accessFaultOf(fields.cause))
}

function faultIn(fields: Fields): string | undefined {
  const message = typeof fields.message === 'string' ? fields.message : ''
  const file = fileFault.exec(message)?.[0]
  if (file !== undefined) return file
  if (isRefusal(fields)) return `Kafka refuses the login: ${message}`
  const code = typeof fields.code === 'string' ? fields.code : ''
  const certificate = certificateFaults.get(code)
  if (certificate !== undefined) return `${certificate} (${message})`
  return deniedRights.get(fields.type)
}

/** Whether an error means that the brokers refuse the login of the client: its password, or its mechanism. */
export function isLoginRefused(error: unknown): boolean {
  const fields = (error ?? {}) as Fields
  return isRefusal(fields) || (fields.cause !== undefined && isLoginRefused(fields.cause))
}

/** Whether an error means that the brokers deny a right. */
export function isRightMissing(error: unknown): boolean {
  const fields = (error ?? {}) as Fields
  return (
    deniedRights.has(fields.type) || (fields.cause !== undefined && isRightMissing(fields.cause))
  )
}

const isRefusal = ({ name, type }: Fields): boolean =>
  name === 'KafkaJSSASLAuthenticationError' || type === 'UNSUPPORTED_SASL_MECHANISM'
