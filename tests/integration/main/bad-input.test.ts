import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import request from 'supertest'
import { postBody, postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

const day = 86_400_000

const detailOf = ({ body }: request.Response): string => (body as { detail: string }).detail

function codesOf({ body }: request.Response): string[] {
  return (body as { rejected: { code: string }[] }).rejected.map(({ code }) => code)
}

describe('Invalid requests to the producer', () => {
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const post = (body: string, type = 'application/json') =>
    request(tenant.url).post('/events').set('content-type', type).serialize(String).send(body)

  /** Posts one reading that must be refused, and returns its code. */
  async function codeOf(reading: unknown): Promise<string> {
    const answer = await request(tenant.url).post('/events').send([reading])
    expect(answer.status).to.equal(422)
    expect(answer.type).to.equal('application/problem+json')
    const [code = '', ...others] = codesOf(answer)
    expect(others).to.deep.equal([])
    return code
  }

  const good = () => readingJson('GOOD-1')
  const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()

  describe('POST /events with an unreadable body', () => {
    it('returns 400 for a body that is not JSON', async () => {
      const answer = await post('{"vin": ')
      expect(answer.status).to.equal(400)
      expect(answer.body).to.include({ title: 'Unreadable body', status: 400, type: 'about:blank' })
    })

    it('returns 400 for an empty body', async () => {
      const answer = await post('')
      expect(answer.status).to.equal(400)
      expect(detailOf(answer)).to.equal('The body is not valid JSON: it is empty.')
    })

    it('returns 400 for a body that is not UTF-8', async () => {
      const body = new Uint8Array([0x22, 0xff, 0xfe, 0x22])
      const answer = await postBody(tenant, body, 'application/json')
      expect([answer.status, answer.body['detail']]).to.deep.equal([
        400,
        'The body is not valid UTF-8.',
      ])
    })

    it('returns 400 for NaN and Infinity, which are not JSON', async () => {
      for (const word of ['NaN', 'Infinity']) {
        const text = JSON.stringify(good()).replace('12.25', word)
        expect((await post(text)).status).to.equal(400)
      }
    })

    it('returns 400 for NDJSON with an invalid line, and accepts no line', async () => {
      const lines = `${JSON.stringify(good())}\n{oops\n`
      const answer = await post(lines, 'application/x-ndjson')
      expect(answer.status).to.equal(400)
      expect(detailOf(answer)).to.match(/^Line 2 is not valid JSON/)
    })

    it('returns 415 for another content type, a missing content type and a compression other than gzip', async () => {
      expect((await post('<reading/>', 'application/xml')).status).to.equal(415)
      const untyped = await fetch(`${tenant.url}/events`, {
        method: 'POST',
        body: new Uint8Array(3),
      })
      expect(untyped.status).to.equal(415)
      const squeezed = await post(JSON.stringify(good())).set('content-encoding', 'br')
      expect(squeezed.status).to.equal(415)
    })

    it('returns 202 for a body compressed with gzip, 400 for bad gzip and 413 for one that inflates to over 1 MiB', async () => {
      const postBytes = async (body: Uint8Array<ArrayBuffer>): Promise<number> => {
        const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
        return (await fetch(`${tenant.url}/events`, { method: 'POST', headers, body })).status
      }
      const zip = (text: string) => new Uint8Array(gzipSync(text))
      expect(await postBytes(zip(JSON.stringify(good())))).to.equal(202)
      expect(await postBytes(new TextEncoder().encode(JSON.stringify(good())))).to.equal(400)
      expect(await postBytes(zip(' '.repeat(1024 * 1024 + 1)))).to.equal(413)
      expect(await postBytes(zip(JSON.stringify(good())).subarray(0, -9))).to.equal(400)
    })
  })

  describe('POST /events with too many readings, too many bytes or no readings', () => {
    it('returns 413 for 1,001 readings and 202 for 1,000', async () => {
      const readings = Array.from({ length: 1_001 }, (_, sequence) => ({ ...good(), sequence }))
      const answer = await postJson(tenant, readings)
      expect(answer.status).to.equal(413)
      const taken = await postJson(tenant, readings.slice(1))
      expect([taken.status, taken.body['accepted']]).to.deep.equal([202, 1_000])
    })

    it('returns 413 for a body over 1 MiB, with and without Content-Length', async () => {
      const body = `[${' '.repeat(1024 * 1024)}]`
      expect((await post(body)).status).to.equal(413)
      const chunks = new ReadableStream({
        start(controller) {
          for (let sent = 0; sent <= 1024; sent += 1)
            controller.enqueue(new Uint8Array(1025).fill(32))
          controller.close()
        },
      })
      const options = { method: 'POST', duplex: 'half', body: chunks } as const
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${tenant.url}/events`, { ...options, headers })
      expect(answer.status).to.equal(413)
    })

    it('refuses a form that would take long to parse, without delay', async () => {
      const form = 'application/x-www-form-urlencoded'
      const since = Date.now()
      const digits = await post(`speed=${'1'.repeat(900_000)}x&vin=A&timestamp=1&position=1`, form)
      const names = await post(`vin=A&${'a=1&'.repeat(200_000)}`, form)
      const again = await post('position=1&'.repeat(90_000), form)
      expect([digits.status, names.status, again.status]).to.deep.equal([422, 422, 422])
      expect(Date.now() - since).to.be.lessThan(5_000)
    })

    it('returns 413 to a client that keeps sending', async () => {
      const body = new Uint8Array(8 * 1024 * 1024).fill(32)
      const answer = await postBody(tenant, body, 'application/json')
      expect(answer.status).to.equal(413)
    })

    it('returns 202 to other clients while large bodies are still arriving', async () => {
      const { hostname, port } = new URL(tenant.url)
      const head = `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n`
      const slow = Array.from({ length: 64 }, () => connect(Number(port), hostname))
      for (const socket of slow) socket.write(head)
      await Promise.all(slow.map((socket) => once(socket, 'connect')))
      const answer = await postJson(tenant, good())
      for (const socket of slow) socket.destroy()
      expect(answer.status).to.equal(202)
    })

    it('returns 422 for an empty list', async () => {
      const answer = await post('[]')
      expect(answer.status).to.equal(422)
      expect(detailOf(answer)).to.equal('The request contains no reading. Send at least one.')
    })
  })

  describe('POST /events with an invalid reading', () => {
    it('refuses a number that is not finite', async () => {
      const answer = await post(JSON.stringify([good()]).replace('12.25', '1e999'))
      expect(answer.status).to.equal(422)
      expect(codesOf(answer)).to.deep.equal(['not-finite'])
    })

    it('refuses a value that is out of range', async () => {
      expect(await codeOf({ ...good(), latitude: 90.0001 })).to.equal('out-of-range')
      expect(await codeOf({ ...good(), speed: -0.1 })).to.equal('out-of-range')
    })

    it('refuses an unknown field', async () => {
      expect(await codeOf({ ...good(), fuel: 1 })).to.equal('unknown-field')
    })

    it('refuses a timestamp too far in the future', async () => {
      expect(await codeOf({ ...good(), timestamp: at(6 * 60_000) })).to.equal('time-too-far-ahead')
    })

    it('refuses a timestamp that is older than the retention', async () => {
      expect(await codeOf({ ...good(), timestamp: at(-31 * day) })).to.equal('time-too-old')
    })

    it('refuses a vin that contains SQL, and the table still exists', async () => {
      const vin = "x'; DROP TABLE diag; --"
      expect(await codeOf({ ...good(), vin })).to.equal('invalid-vin')
      expect(await tenant.countRows()).to.be.a('number')
    })

    it('refuses a missing field', async () => {
      const { speed: _, ...rest } = good()
      expect(await codeOf(rest)).to.equal('missing-field')
    })
  })

  it('POST /events lists invalid readings by index and code, and accepts the valid ones', async () => {
    const readings = [
      good(),
      { ...good(), latitude: 'north' },
      { ...good(), sequence: 2 },
      'a text',
    ]
    const { status, body } = await postJson(tenant, readings)
    expect(status).to.equal(202)
    expect(body['accepted']).to.equal(2)
    const receipts = body['receipts'] as (string | null)[]
    expect(receipts.map((receipt) => receipt === null)).to.deep.equal([false, true, false, true])
    const rejected = body['rejected'] as { index: number; code: string }[]
    expect(rejected.map(({ index, code }) => [index, code])).to.deep.equal([
      [1, 'wrong-type'],
      [3, 'not-an-object'],
    ])
  })

  it('returns problem+json for unknown paths, methods and receipts', async () => {
    const missing = await request(tenant.url).get('/nowhere')
    expect([missing.status, missing.type]).to.deep.equal([404, 'application/problem+json'])
    const method = await request(tenant.url).delete('/events')
    expect([method.status, method.headers['allow']]).to.deep.equal([405, 'GET, POST'])
    for (const receipt of ['0-0-0', '1-0', 'x', '99-0-0', '1-99-0', '1-0-999999']) {
      const answer = await request(tenant.url).get(`/receipts/${receipt}`)
      expect([receipt, answer.status]).to.deep.equal([receipt, 404])
    }
    const path = await request(tenant.url).get('/receipts/%E0%A4%A')
    expect([path.status, path.type]).to.deep.equal([400, 'application/problem+json'])
  })
})
