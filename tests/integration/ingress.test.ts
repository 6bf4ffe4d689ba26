import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { expect } from 'chai'
import { startIngress } from '../../services/ingress/service.ts'
import type { Running } from '../../services/runtime/lifecycle.ts'
import { createLog } from '../../services/runtime/log.ts'
import { freePorts } from '../support/ports.ts'
import { until } from '../support/until.ts'

/** A far end that says its name, and whether it is ready. */
class FarEnd {
  readonly name: string
  ready = true
  readonly #servers: Server[] = []

  constructor(name: string) {
    this.name = name
  }

  async listen(main: number, ops: number): Promise<void> {
    const answer = createServer((request, response) => {
      request.resume().on('end', () => response.end(this.name))
    })
    const health = createServer((_, response) => {
      response.writeHead(this.ready ? 200 : 503).end()
    })
    for (const [server, port] of [
      [answer, main],
      [health, ops],
    ] as const) {
      this.#servers.push(server)
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    }
  }

  close(): void {
    for (const server of this.#servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
  }
}

describe('the ingress', () => {
  let ingress: Running
  let url: string
  let ends: FarEnd[]
  let ports: number[]

  beforeEach(async () => {
    ports = await freePorts(5)
    const [http = 0, ...others] = ports
    const at = (index: number) => ({ host: '127.0.0.1', port: others[index] ?? 0 })
    ends = [new FarEnd('first'), new FarEnd('second')]
    await ends[0]?.listen(at(0).port, at(1).port)
    await ends[1]?.listen(at(2).port, at(3).port)
    ingress = await startIngress(
      {
        logLevel: 'silent',
        http: { host: '127.0.0.1', port: http },
        producers: [
          { main: at(0), ops: at(1) },
          { main: at(2), ops: at(3) },
        ],
      },
      createLog('test', 'silent'),
    )
    url = `http://127.0.0.1:${http}/`
    await until('both are used', async () => (await names(10)).size === 2)
  })

  afterEach(async () => {
    for (const end of ends) end.close()
    await ingress[Symbol.asyncDispose]()
  })

  async function ask(): Promise<string> {
    const headers = { connection: 'close' }
    const response = await fetch(url, { headers })
    return response.status === 200 ? response.text() : String(response.status)
  }

  async function names(count: number): Promise<Set<string>> {
    return new Set(await Promise.all(Array.from({ length: count }, ask)))
  }

  it('passes over a producer that says it is not ready, until it is again', async () => {
    const [first] = ends
    if (first) first.ready = false
    await until('only the second is used', async () => [...(await names(10))].join() === 'second')
    if (first) first.ready = true
    await until('both are used again', async () => (await names(10)).size === 2)
  })

  it('passes over a producer that is gone without losing a request', async () => {
    ends[0]?.close()
    expect([...(await names(20))]).to.deep.equal(['second'])
  })

  it('answers 503 with Retry-After where none is ready', async () => {
    for (const end of ends) end.close()
    const response = await until('none is left', async () => {
      const answer = await fetch(url, { headers: { connection: 'close' } })
      return answer.status === 503 && answer
    })
    expect(response.headers.get('retry-after')).to.equal('1')
    expect(response.headers.get('content-type')).to.equal('application/problem+json')
    expect(await response.json()).to.include({ status: 503, title: 'No producer is ready' })
  })

  it('forwards a body of a megabyte in both directions', async () => {
    const body = 'x'.repeat(1024 * 1024)
    const response = await fetch(url, { method: 'POST', body })
    expect(['first', 'second']).to.include(await response.text())
  })
})
