import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { findPortFaults } from '../../infra/checks/free-ports.ts'
import { hostPortsOf } from '../../infra/topology/host-ports.ts'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { asUnprivilegedUser } from '../support/unprivileged-user.ts'

/** Port errors of the ingress for this port and address. */
function faultsOfIngress(hostPort: number, hostAddress = '127.0.0.1') {
  const config = toConfig({ ingress: { hostPort, hostAddress } })
  const ports = hostPortsOf(config).filter(({ holder }) => holder === 'ingress-0')
  return findPortFaults(ports)
}

/** Whether the kernel reserves low ports for privileged users (ip(7)); some containers do not. */
function keepsLowPorts(): boolean {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 1
  } catch {
    return false
  }
}

describe('findPortFaults', () => {
  it('returns nothing for a free port', async () => {
    expect(await faultsOfIngress(await freeRun(1))).to.deep.equal([])
  })

  it('reports a port that is in use', async () => {
    const port = await freeRun(1)
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    expect(await faultsOfIngress(port)).to.deep.equal([
      {
        reason: 'in-use',
        sentence: `Port ${port}, which ingress-0 needs, is in use. Stop the program that uses it, or choose another port with --set ingress.hostPort=PORT.`,
      },
    ])
    other.close()
  })

  it('reports a port that this user may not open', async function () {
    if (!keepsLowPorts()) this.skip()
    expect(await asUnprivilegedUser(() => faultsOfIngress(1))).to.deep.equal([
      {
        reason: 'not-permitted',
        sentence:
          'This user may not open port 1, which ingress-0 needs. Choose a port above 1023 with --set ingress.hostPort=PORT.',
      },
    ])
  })

  it('reports an address that this machine does not have', async () => {
    // An address reserved for documentation (RFC 5737).
    expect(await faultsOfIngress(await freeRun(1), '192.0.2.1')).to.deep.equal([
      {
        reason: 'no-such-address',
        sentence:
          'This machine has no address 192.0.2.1, on which ingress-0 should listen. Choose another with --set ingress.hostAddress=ADDRESS.',
      },
    ])
  })
})
