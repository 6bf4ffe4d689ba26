import type { ListenAddress } from '../adapters/http/server.ts'
import { readListenEnv, readProxySecret } from '../adapters/http/config.ts'
import { EnvironmentReader } from '../runtime/env.ts'

/** The addresses of a producer: `main` serves requests, `ops` serves the readiness check. */
export type ProducerAddresses = { readonly main: ListenAddress; readonly ops: ListenAddress }

export type IngressConfig = {
  readonly logLevel: string
  readonly http: ListenAddress
  /** Goes into the PROXY headers, so that the producers believe them. */
  readonly proxySecret: string
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
    maxConnectionsPerClient: env.positiveInteger(
      'MAX_CONNECTIONS_PER_CLIENT',
      'a number of connections',
    ),
    producers: main.map((address, index) => ({ main: address, ops: ops[index] ?? address })),
  })
}
