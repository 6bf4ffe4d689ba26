import { createServer } from 'node:net'
import { join } from 'node:path'

/** Below those that the kernel gives to outgoing connections: a restart finds its port free again. */
const ports = { first: 15_000, last: 31_000 }

/** So many follow each other for every key, as each instance has the next port. */
const portsEach = 4

const keys = [
  'postgres.hostPort',
  'zookeeper.hostPort',
  'kafka.hostPort',
  'ingress.hostPort',
  'producer.hostPort',
  'producer.opsHostPort',
  'consumer.opsHostPort',
]

/**
 * Settings that make a platform one of the tests: its name, its ports and its address file are
 * nobody else's, and no vehicles come with it.
 *
 * @param folder for the address file
 */
export async function ownSettings(name: string, folder: string): Promise<string[]> {
  const first = await freeRun(keys.length * portsEach)
  return [
    `network.name=${name}`,
    ...keys.map((key, index) => `${key}=${first + index * portsEach}`),
    `ingress.addressFile=${join(folder, 'address')}`,
    'fleet.numVehicles=0',
  ]
}

/** The first of `count` ports that are all free. */
async function freeRun(count: number): Promise<number> {
  for (;;) {
    const room = ports.last - ports.first - count
    const first = ports.first + Math.floor(Math.random() * room)
    const run = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(run.map(isFree))).every(Boolean)) return first
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
