import { expect } from 'chai'
import { openApiDocument } from '../../../services/producer/openapi.ts'
import { requestTimeout } from '../../../services/adapters/http/client-error.ts'
import * as problems from '../../../services/producer/problems.ts'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import { formFields } from '../../../services/telemetry/reading/form.ts'
import { refusalCodes } from '../../../services/telemetry/reading/reading.ts'

type Schema = {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly required: readonly string[]
  readonly additionalProperties?: boolean
}
type Response = {
  readonly description: string
  readonly headers?: object
  readonly content: object
}
type Operation = { readonly responses: Readonly<Record<string, Response>> }
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const document = openApiDocument('/events') as unknown as Document
const { Reading: reading, FormReading: form } = document.components.schemas
const operation = (path: string, method: string) => document.paths[path]?.[method]?.responses ?? {}

describe('openApiDocument', () => {
  it('contains the configured events path', () => {
    const paths = Object.keys(openApiDocument('/telemetry')['paths'] as object)
    expect(paths).to.deep.equal(['/telemetry', '/receipts/{id}'])
  })

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
    ['sequence', { minimum: 0, maximum: 9_007_199_254_740_991 }],
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
    expect(Object.keys(form!.properties)).to.deep.equal(names)
  })

  it('lists every refusal code', () => {
    const rejected = document.components.schemas['Accepted']!.properties['rejected'] as unknown as {
      items: Schema
    }
    expect(rejected.items.properties['code']?.['enum']).to.deep.equal(refusalCodes)
  })

  for (const [path, method, expected] of [
    ['/events', 'get', [problems.readingNotInBody, problems.starting]],
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
        problems.starting,
        requestTimeout,
      ],
    ],
    ['/receipts/{id}', 'get', [problems.unknownReceipt, problems.receiptLookupUnavailable]],
  ] as const) {
    it(`documents exactly the problems of ${method.toUpperCase()} ${path}`, () => {
      const responses = Object.entries(operation(path, method)).filter(([code]) => code >= '400')
      const statuses = new Set(expected.map(({ status }) => String(status)))
      expect(responses.map(([code]) => code)).to.deep.equal([...statuses].sort())
      for (const [code, { content }] of responses) {
        expect(Object.keys(content), code).to.deep.equal(['application/problem+json'])
      }
    })

    it(`documents Retry-After for exactly the responses of ${method.toUpperCase()} ${path} that send it`, () => {
      for (const { status, headers } of expected) {
        const documented = operation(path, method)[status]?.headers ?? {}
        const sent = Object.keys(headers ?? {}).includes('retry-after')
        expect(Object.keys(documented), String(status)).to.deep.equal(sent ? ['Retry-After'] : [])
      }
    })
  }
})
