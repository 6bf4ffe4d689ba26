import type { EnvironmentReader } from '../../runtime/env.ts'
import type { ListenAddress } from './server.ts'

/** The address to listen on, from `PREFIX_HOST` and `PREFIX_PORT`. */
export function readListenEnv(env: EnvironmentReader, prefix: string): ListenAddress {
  return {
    host: env.text(`${prefix}_HOST`, 'the address to listen on'),
    port: env.positiveInteger(`${prefix}_PORT`, 'the port to listen on'),
  }
}
