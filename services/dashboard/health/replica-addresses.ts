import { lookup } from 'node:dns/promises'
import { addressOf } from './watched-service.ts'
import type { WatchedService } from './watched-service.ts'

/**
 * Watched services with the same address are replicas behind one name: on Kubernetes, DNS returns the addresses of
 * the ready ones. Each of them gets one of these addresses.
 *
 * @param addressesOf the addresses of a name; empty if there are none
 * @returns the services in the same order; undefined for a replica without an address, which is not ready
 */
export function withReplicaAddresses(
  watched: readonly WatchedService[],
  addressesOf: (host: string) => Promise<readonly string[]> = lookUp,
): Promise<(WatchedService | undefined)[]> {
  const asked = new Map<string, Promise<readonly string[]>>()
  return Promise.all(
    watched.map(async (service) => {
      const replicas = watched.filter((each) => addressOf(each) === addressOf(service))
      if (replicas.length === 1) return service
      const answer = asked.get(service.host) ?? addressesOf(service.host)
      asked.set(service.host, answer)
      // Always in the same order, so that a replica keeps its place.
      const host = (await answer).toSorted()[replicas.indexOf(service)]
      return host === undefined ? undefined : { ...service, host }
    }),
  )
}

async function lookUp(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}
