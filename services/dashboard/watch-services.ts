import { get } from 'node:http'
import { connect } from 'node:net'
import type { ServiceState } from './api/health.ts'
import type { WatchedService } from './watched-service.ts'

const timeout = 2_000

/** Which of the services answer, or take connections, now. */
export function askServices(watched: readonly WatchedService[]): Promise<ServiceState[]> {
  return Promise.all(
    watched.map(async (service) => ({ name: service.name, up: await isUp(service) })),
  )
}

function isUp({ host, port, path }: WatchedService): Promise<boolean> {
  return path === undefined ? takesConnections(host, port) : answersWell({ host, port, path })
}

function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout })
    const settle = (up: boolean) => (): void => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', settle(true)).once('timeout', settle(false)).once('error', settle(false))
  })
}

function answersWell(target: { host: string; port: number; path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ ...target, timeout, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => {
      resolve(false)
    })
  })
}
