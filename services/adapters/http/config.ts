import type { EnvironmentReader } from '../../runtime/env.ts'
import type { ListenAddress } from './server.ts'

/** The secret that the ingress shows to the producers in its PROXY headers. */
export function readProxySecret(env: EnvironmentReader): string {
  return env.fileContent('PROXY_SECRET_FILE', 'a file with the secret of ingress and producers')
}

/** The address to listen on, from `PREFIX_HOST` and `PREFIX_PORT`. */
export function readListenEnv(env: EnvironmentReader, prefix: string): ListenAddress {
  return {
    host: env.text(`${prefix}_HOST`, 'the address to listen on'),
    port: env.positiveInteger(`${prefix}_PORT`, 'the port to listen on'),
  }
}
