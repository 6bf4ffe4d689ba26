import type { ListenAddress } from '../adapters/http/server.ts'
import { readListenEnv } from '../adapters/http/config.ts'
import { EnvironmentReader } from '../runtime/env.ts'

/** A producer: where it takes requests, and where it says whether it is ready. */
export type Upstream = { readonly main: ListenAddress; readonly ops: ListenAddress }

export type IngressConfig = {
  readonly logLevel: string
  readonly http: ListenAddress
  readonly producers: readonly Upstream[]
}

/** @throws EnvironmentError with every fault at once */
export function readConfig(source: NodeJS.ProcessEnv): IngressConfig {
  const env = new EnvironmentReader(source)
  const main = env.addresses('PRODUCERS', 'addresses of producers as host:port between commas')
  const wantedOps = 'as many addresses as in PRODUCERS'
  const ops = env.addresses('PRODUCERS_OPS', wantedOps)
  env.expect(main.length === ops.length, 'PRODUCERS_OPS', wantedOps)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    http: readListenEnv(env, 'HTTP'),
    producers: main.map((address, index) => ({ main: address, ops: ops[index] ?? address })),
  })
}
