import { expect } from 'chai'
import type { RunningServer } from '../../../../services/adapters/http/server.ts'
import { listen } from '../../../../services/adapters/http/server.ts'
import { requestTimeoutAt } from '../../../../services/producer/problems.ts'
import type { RawClient } from '../../../support/raw-clients.ts'
import { disconnectAll, rawClients } from '../../../support/raw-clients.ts'
import { until } from '../../../support/until.ts'

const head = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n`

describe('a request to a producer that does not arrive in time', function () {
  this.timeout(20_000)
  let server: RunningServer
  let clients: RawClient[]

  before(async () => {
    const options = { limits: { requestTimeoutMs: 500 }, timeoutProblem: requestTimeoutAt }
    const address = { host: '127.0.0.1', port: 0 }
    server = await listen((request) => request.resume(), address, options)
  })

  after(async () => {
    disconnectAll(clients)
    await server[Symbol.asyncDispose]()
  })

  it('gets 503 with Retry-After on paths of devices and without a known path, otherwise 408', async () => {
    const sent = [
      `${head('/devices/owntracks')}{`,
      `${head('/devices/osmand/token?id=A')}x`,
      'POST /devices/owntr',
      `${head('/events')}{`,
    ]
    clients = await rawClients(`http://127.0.0.1:${server.port}`, sent.length)
    for (const [index, text] of sent.entries()) clients[index]?.socket.write(text)
    await until('all connections are closed', () => clients.every(({ isClosed }) => isClosed))
    const again = ['HTTP/1.1 503 Service Unavailable', 'retry-after: 1']
    const timeout = ['HTTP/1.1 408 Request Timeout']
    const answers = clients.map(({ received }) =>
      received.split('\r\n').filter((line) => /^HTTP|^retry-after/.test(line)),
    )
    expect(answers).to.deep.equal([again, again, again, timeout])
    const statuses = clients.map(({ received }) => /"status":(\d+)/.exec(received)?.[1])
    expect(statuses).to.deep.equal(['503', '503', '503', '408'])
  })
})
