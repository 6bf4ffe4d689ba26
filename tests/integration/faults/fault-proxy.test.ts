import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect } from 'chai'
import { FaultProxy } from '../../../scripts/verify/fault-proxy.ts'
import { until } from '../../support/until.ts'

/** Sends back what comes, and ends when the other side does. */
async function startEcho() {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('the proxy that disturbs a connection', () => {
  it('holds what is sent while it is cut, delivers it afterwards, and takes its time when slow', async () => {
    const echo = await startEcho()
    const { port } = echo.address() as AddressInfo
    await using proxy = await FaultProxy.open({ host: '127.0.0.1', port })
    const client = connect({ ...proxy.address, allowHalfOpen: true })
    let heard = ''
    client.setEncoding('utf8').on('data', (text: string) => (heard += text))
    client.write('one ')
    await until('it is sent back', () => heard === 'one ')
    proxy.cut()
    client.write('two ')
    // What another connection does meanwhile shows that time has passed.
    const beside = connect({ host: '127.0.0.1', port })
    beside.write('beside')
    await once(beside, 'data')
    beside.destroy()
    expect(heard).to.equal('one ')
    proxy.heal()
    await until('it arrives', () => heard === 'one two ')
    proxy.slow()
    const since = Date.now()
    client.write('three')
    await until('it arrives', () => heard === 'one two three')
    expect(Date.now() - since).to.be.at.least(150)
    proxy.heal()
    client.end()
    await once(client, 'end')
    echo.close()
  })
})
