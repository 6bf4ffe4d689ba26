import { deviceFormats } from '../../../services/producer/formats/all-formats.ts'
import { expect } from 'chai'
import { responseMemoryFull } from '../../../services/adapters/http/problem.ts'
import { openApiDocument } from '../../../services/producer/openapi.ts'
import { requestTimeout } from '../../../services/adapters/http/client-error.ts'
import type { Problem } from '../../../services/adapters/http/problem.ts'
import * as problems from '../../../services/producer/problems.ts'
import { wrongHost, foreignOrigin } from '../../../services/adapters/http/guard.ts'
import { exampleReading } from '../../../services/producer/openapi-schemas.ts'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import { formFields } from '../../../services/telemetry/reading/form.ts'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import { microsecondsPerDay, refusalCodes } from '../../../services/telemetry/reading/reading.ts'
import { toMicros } from '../../../services/telemetry/time.ts'

type Schema = {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly required: readonly string[]
  readonly additionalProperties?: boolean
  readonly oneOf?: readonly Schema[]
}
type Response = {
  readonly description: string
  readonly headers?: object
  readonly content: object
}
type Operation = {
  readonly responses: Readonly<Record<string, Response>>
  readonly security?: object
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

type Sent = Pick<Problem, 'status' | 'headers'>

/** The ingress sends it. */
const noProducer: Sent = { status: 503, headers: { 'retry-after': '1' } }

const now = Date.UTC(2026, 10, 28)
const document = openApiDocument('/events', { now }) as unknown as Document
const { Reading: reading, FormReading: form } = document.components.schemas
const operation = (path: string, method: string) => document.paths[path]?.[method]?.responses ?? {}

describe('openApiDocument', () => {
  it('contains the configured events path', () => {
    const paths = Object.keys(openApiDocument('/telemetry')['paths'] as object)
    expect(paths).to.deep.equal([
      '/telemetry',
      ...deviceFormats.map(({ name }) => `/devices/${name}`),
      '/receipts/{id}',
      '/openapi.json',
      '/docs',
    ])
  })

  it('has an example reading that is accepted at the time of the document', () => {
    const window = { receivedAt: toMicros(now), retentionMicros: microsecondsPerDay }
    expect(parseReading(exampleReading(now), window)).to.include({ ok: true })
  })

  for (const [needsToken, expected] of [
    [true, [{ token: [] }]],
    [false, [{}]],
    [undefined, [{}, { token: [] }]],
  ] as const) {
    it(`states that POST has the security ${JSON.stringify(expected)} if needsToken is ${needsToken}`, () => {
      const options = needsToken === undefined ? {} : { needsToken }
      const { paths } = openApiDocument('/events', options) as unknown as Document
      expect(paths['/events']?.['post']?.security).to.deep.equal(expected)
    })
  }

  it('lists exactly the fields of a reading, in their order', () => {
    const names = readingFields.map(({ name }) => name)
    expect(Object.keys(reading!.properties)).to.deep.equal(names)
    expect(reading!.additionalProperties).to.equal(false)
  })

  it('requires the fields that the parser requires', () => {
    const required = ['vin', 'timestamp', 'latitude', 'longitude', 'speed']
    expect([...reading!.required].sort()).to.deep.equal(required.sort())
  })

  for (const [name, range] of [
    ['latitude', { minimum: -90, maximum: 90 }],
    ['longitude', { minimum: -180, maximum: 180 }],
    ['speed', { minimum: 0, maximum: 500 }],
    ['altitude', { minimum: -1_000_000, maximum: 1_000_000 }],
    ['heading', { minimum: 0, exclusiveMaximum: 360 }],
    ['sequence', { minimum: 0, maximum: 4_503_599_627_370_495 }],
  ] as const) {
    it(`contains the range of ${name}`, () => {
      const schema = reading!.properties[name] ?? {}
      const limits = Object.entries(schema).filter(([key]) => /minimum|maximum/i.test(key))
      expect(Object.fromEntries(limits)).to.deep.equal(range)
    })
  }

  it('contains types, null for optional fields, and lengths', () => {
    const typeOf = (name: string) => reading!.properties[name]?.['type']
    expect(typeOf('vin')).to.equal('string')
    expect(typeOf('speed')).to.equal('number')
    expect(typeOf('sequence')).to.deep.equal(['integer', 'null'])
    expect(typeOf('make')).to.deep.equal(['string', 'null'])
    expect(typeOf('metadata')).to.deep.equal(['object', 'null'])
    expect(reading!.properties['make']?.['maxLength']).to.equal(40)
    expect(reading!.properties['vin']?.['pattern']).to.equal('^[A-Za-z0-9-]{1,32}$')
  })

  it('describes every field, with its VSS path if it has one', () => {
    for (const { name, description, vss } of readingFields) {
      const text = reading!.properties[name]?.['description']
      expect(text, name).to.equal(vss === undefined ? description : `${description} VSS: ${vss}.`)
    }
  })

  it('lists exactly the fields of a form', () => {
    const names = formFields.map(({ name }) => name)
    const variants = form!.oneOf?.map(({ properties }) => Object.keys(properties)) ?? []
    expect(variants[0]).to.deep.equal(names.filter((name) => name !== 'position'))
    expect(variants[1]).to.deep.equal(names.filter((name) => !name.startsWith('position_')))
  })

  it('lists every refusal code', () => {
    const rejected = document.components.schemas['Accepted']!.properties['rejected'] as unknown as {
      items: Schema
    }
    expect(rejected.items.properties['code']?.['enum']).to.deep.equal(refusalCodes)
  })

  for (const [path, method, expected] of [
    ['/events', 'get', [problems.readingNotInBody, wrongHost([]), noProducer]],
    [
      '/events',
      'post',
      [
        problems.tokenRequired,
        problems.unsupportedMediaType([]),
        problems.bodyTooLarge,
        problems.tooManyReadings(1000),
        problems.readingNotInBody,
        problems.unreadableBody(''),
        problems.noReadingAccepted([]),
        problems.pendingMemoryFull,
        problems.bodyTooSlow,
        problems.storageLagTooHigh,
        problems.rateLimitExceeded(1),
        problems.notAcknowledged,
        noProducer,
        requestTimeout,
        foreignOrigin,
        wrongHost([]),
      ],
    ],
    [
      '/receipts/{id}',
      'get',
      [{ status: 400 }, problems.unknownReceipt, wrongHost([]), problems.receiptLookupUnavailable],
    ],
    ['/docs', 'get', [wrongHost([])]],
    ['/openapi.json', 'get', [wrongHost([]), responseMemoryFull]],
  ] as readonly [string, string, readonly Sent[]][]) {
    it(`documents exactly the problems of ${method.toUpperCase()} ${path}`, () => {
      const responses = Object.entries(operation(path, method)).filter(([code]) => code >= '400')
      const statuses = new Set(expected.map(({ status }) => String(status)))
      expect(responses.map(([code]) => code)).to.deep.equal([...statuses].sort())
      for (const [code, { content }] of responses) {
        expect(Object.keys(content), code).to.deep.equal(['application/problem+json'])
      }
    })

    it(`documents exactly the headers of the problems of ${method.toUpperCase()} ${path}`, () => {
      for (const { status, headers } of expected) {
        const documented = Object.keys(operation(path, method)[status]?.headers ?? {})
        const names = documented.map((name) => name.toLowerCase())
        expect(names, String(status)).to.deep.equal(Object.keys(headers ?? {}))
      }
    })
  }

  it('documents 503 and neither 408 nor 429 for devices, which drop what is answered 4xx', () => {
    for (const { name, methods } of deviceFormats)
      for (const method of methods)
        expect(operation(`/devices/${name}`, method.toLowerCase()), name)
          .to.include.keys('503')
          .and.not.have.any.keys('408', '429')
  })
})
