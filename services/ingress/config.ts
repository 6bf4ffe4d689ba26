import type { ListenAddress } from '../adapters/http/server.ts'
import { readListenEnv, readProxySecret } from '../adapters/http/config.ts'
import { EnvironmentReader } from '../runtime/env.ts'
import type { CertificateFiles } from './certificate.ts'
import type { TlsOptions } from './tls-end.ts'

/** The addresses of a producer: `main` serves requests, `ops` serves the readiness check. */
export type ProducerAddresses = { readonly main: ListenAddress; readonly ops: ListenAddress }

export type IngressConfig = {
  readonly logLevel: string
  readonly http: ListenAddress
  /** Goes into the PROXY headers, so that the producers believe them. */
  readonly proxySecret: string
  /** Undefined if the ingress has no certificate. */
  readonly tls: (CertificateFiles & TlsOptions) | undefined
  readonly producers: readonly ProducerAddresses[]
  /** Limit of the connections of one client address. */
  readonly maxConnectionsPerClient: number
}

/** @throws EnvironmentError that lists every invalid variable */
export function readConfig(source: NodeJS.ProcessEnv): IngressConfig {
  const env = new EnvironmentReader(source)
  const main = env.addresses('PRODUCERS', 'a comma-separated list of host:port, one per producer')
  const opsRequirement = 'a comma-separated list of host:port, as many as in PRODUCERS'
  const ops = env.addresses('PRODUCERS_OPS', opsRequirement)
  env.expect(main.length === ops.length, 'PRODUCERS_OPS', opsRequirement)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    http: readListenEnv(env, 'HTTP'),
    proxySecret: readProxySecret(env),
    tls: readTls(env),
    maxConnectionsPerClient: env.positiveInteger(
      'MAX_CONNECTIONS_PER_CLIENT',
      'a number of connections',
    ),
    producers: main.map((address, index) => ({ main: address, ops: ops[index] ?? address })),
  })
}

function readTls(env: EnvironmentReader): IngressConfig['tls'] {
  const certFile = env.optionalText('TLS_CERT_FILE')
  const keyFile = env.optionalText('TLS_KEY_FILE')
  const minVersion = env.optionalText('TLS_MIN_VERSION')
  if (certFile === undefined || keyFile === undefined) return undefined
  const isKnown = minVersion === '1.2' || minVersion === '1.3'
  env.expect(isKnown, 'TLS_MIN_VERSION', '1.2 or 1.3')
  return isKnown ? { certFile, keyFile, minVersion } : undefined
}
