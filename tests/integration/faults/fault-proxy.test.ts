import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect } from 'chai'
import { FaultProxy } from '../../../scripts/targets/local/fault-proxy.ts'
import { until } from '../../support/until.ts'

/** A server that sends back what it receives. It closes a connection when the client does. */
async function startEcho() {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('FaultProxy', () => {
  it('holds bytes while it is cut, delivers them after heal, and delays bytes when slow', async () => {
    const echo = await startEcho()
    const { port } = echo.address() as AddressInfo
    await using proxy = await FaultProxy.open({ host: '127.0.0.1', port })
    const client = connect({ ...proxy.address, allowHalfOpen: true })
    let received = ''
    client.setEncoding('utf8').on('data', (text: string) => (received += text))
    client.write('one ')
    await until('"one" is sent back', () => received === 'one ')
    proxy.cut()
    client.write('two ')
    // A round trip on a direct connection shows that enough time has passed.
    const direct = connect({ host: '127.0.0.1', port })
    direct.write('direct')
    await once(direct, 'data')
    direct.destroy()
    expect(received).to.equal('one ')
    proxy.heal()
    await until('"two" is sent back', () => received === 'one two ')
    proxy.slow()
    const since = Date.now()
    client.write('three')
    await until('"three" is sent back', () => received === 'one two three')
    expect(Date.now() - since).to.be.at.least(150)
    proxy.heal()
    client.end()
    await once(client, 'end')
    echo.close()
  })
})
