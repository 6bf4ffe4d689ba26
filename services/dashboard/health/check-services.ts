import { connect } from 'node:net'
import { answersOk } from '../../runtime/process/http-probe.ts'
import type { ServiceState } from '../api/health.ts'
import { withReplicaAddresses } from './replica-addresses.ts'
import type { WatchedService } from './watched-service.ts'

const connectTimeoutMs = 2_000

/** Checks which services are up: they answer HTTP with success, or accept a TCP connection. */
export async function checkServices(watched: readonly WatchedService[]): Promise<ServiceState[]> {
  const found = await withReplicaAddresses(watched)
  return Promise.all(
    watched.map(async ({ name }, index) => {
      const service = found[index]
      return { name, up: service !== undefined && (await isUp(service)) }
    }),
  )
}

function isUp({ host, port, path }: WatchedService): Promise<boolean> {
  return path === undefined ? acceptsConnections(host, port) : answersOk({ host, port, path })
}

function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs })
    const settle = (up: boolean) => (): void => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', settle(true)).once('timeout', settle(false)).once('error', settle(false))
  })
}
