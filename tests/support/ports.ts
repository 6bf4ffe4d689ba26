import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'

/** Ports that are free now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(close))
  return ports
}

/** The first of `count` free ports that follow each other. */
export async function freePortRun(count: number): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1)
    const ports = Array.from({ length: count }, (_, index) => first + index)
    const free = await Promise.all(ports.map((port) => listenAnywhere(port).catch(() => undefined)))
    await Promise.all(free.map(async (server) => server && close(server)))
    if (!free.includes(undefined)) return first
  }
}

function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

function listenAnywhere(port = 0) {
  return new Promise<Server>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      resolve(server)
    })
  })
}
