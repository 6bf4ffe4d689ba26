import { createConnection } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import type { ContainerInspectInfo } from 'dockerode'
import type { TestPlatform } from './test-platform.ts'

/** A service restarts automatically. Only the writer of secrets has a writable file system. */
type ContainerType = 'service' | 'one-shot' | 'writer of secrets'

/** Expects all restrictions of a container of the platform: privileges, processes, restarts, logs. */
export function expectConfined(info: ContainerInspectInfo, type: ContainerType): void {
  expectMinimalPrivileges(info, { isReadOnly: type !== 'writer of secrets' })
  const { Name, HostConfig: host } = info
  const runsOnce = type !== 'service'
  const ofUser = [{ Name: 'nproc', Hard: 4096, Soft: 4096 }]
  expect(host.Ulimits, Name).to.deep.equal(runsOnce ? ofUser : null)
  if (!runsOnce) expect(host.PidsLimit, Name).to.equal(2048)
  expect(host.RestartPolicy?.Name, Name).to.equal(type === 'service' ? 'unless-stopped' : 'no')
  expectLogLimits(info, { 'max-file': '3', 'max-size': '10m' })
}

export function expectConfinedVehicle(info: ContainerInspectInfo): void {
  expectMinimalPrivileges(info, { isReadOnly: true })
  const { Name, HostConfig: host } = info
  expect(host.PidsLimit, Name).to.equal(64)
  expect(host.RestartPolicy?.Name, Name).to.equal('unless-stopped')
  expect(host.PortBindings, Name).to.deep.equal({})
  expectLogLimits(info, { 'max-file': '2', 'max-size': '1m' })
}

/** Expects a user other than root, no capabilities, no way to gain privileges, and a memory limit. */
function expectMinimalPrivileges(
  { Name, Config, HostConfig: host }: ContainerInspectInfo,
  { isReadOnly }: { isReadOnly: boolean },
): void {
  expect(Config.User, Name).to.not.match(/^(0|root)?(:|$)/)
  expect(host.ReadonlyRootfs, Name).to.equal(isReadOnly)
  expect(host.Privileged, Name).to.equal(false)
  expect(host.CapAdd, Name).to.equal(null)
  expect(host.CapDrop, Name).to.deep.equal(['ALL'])
  expect(host.SecurityOpt, Name).to.deep.equal(['no-new-privileges:true'])
  expect(host.Memory, Name).to.be.greaterThan(0)
  expect(host.MemorySwap, Name).to.equal(host.Memory)
}

function expectLogLimits({ Name, HostConfig }: ContainerInspectInfo, limits: object): void {
  expect(HostConfig.LogConfig, Name).to.deep.equal({ Type: 'json-file', Config: limits })
}

/** Expects that the ingress is published on all addresses, and other ports only on loopback. */
export async function expectPublishedPorts(
  platform: TestPlatform,
  services: readonly string[],
): Promise<void> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
  const containers = await platform.inspectAll(services)
  const bindings = containers.flatMap(({ NetworkSettings: { Ports: ports } }) =>
    Object.values(ports as Record<string, { HostIp: string; HostPort: string }[] | null>),
  )
  for (const { HostIp: ip, HostPort: text } of bindings.flatMap((list) => list ?? [])) {
    const port = Number(text)
    const isIngress = port === platform.config.ingress.hostPort
    expect(ip, text).to.equal(isIngress ? '0.0.0.0' : '127.0.0.1')
    expect(await connects('127.0.0.1', port), `loopback ${port}`).to.equal(true)
    for (const { address } of addresses) {
      expect(await connects(address, port), `${address} ${port}`).to.equal(isIngress)
    }
  }
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
