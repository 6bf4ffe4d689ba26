import { networkInterfaces } from 'node:os'

/** Interfaces that connect containers and virtual machines of this machine, not other machines. */
const virtualInterface = /^(?:docker\d|veth|virbr|br-[0-9a-f]{12}$)/

/** The IPv4 addresses at which other machines may reach this machine. */
export function machineAddresses(): string[] {
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => !virtualInterface.test(name))
    .flatMap(([, list]) => list ?? [])
  return addresses
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
}
