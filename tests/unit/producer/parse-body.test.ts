import { expect } from 'chai'
import type { MediaType } from '../../../services/producer/events/parse-body.ts'
import { parseBody, toMediaType } from '../../../services/producer/events/parse-body.ts'
import { aReading, aReadingJson, aWindow } from '../../support/builders.ts'

const json = 'application/json'
const ndjson = 'application/x-ndjson'
const form = 'application/x-www-form-urlencoded'
const origin = { latitude: 37.7749, longitude: -122.4194, altitude: 16 }
const context = { window: aWindow(), origin }
const bodyOf = (text: string | Uint8Array, type: MediaType) =>
  parseBody(typeof text === 'string' ? new TextEncoder().encode(text) : text, type, context)
const readingText = JSON.stringify(aReadingJson())
const parsed = { ok: true, reading: aReading() }

describe('toMediaType', () => {
  for (const [header, expected] of [
    ['application/json', json],
    ['Application/JSON', json],
    ['application/json; charset=utf-8', json],
    ['application/json;charset=UTF-8', json],
    ['application/json; charset="utf-8"', json],
    ['application/json; charset=us-ascii', json],
    ['application/json; profile=x; charset=utf-8', json],
    [' application/json ;', json],
    ['application/x-ndjson', ndjson],
    ['application/x-www-form-urlencoded; charset=utf-8', form],
  ] as const) {
    it(`accepts ${header}`, () => {
      expect(toMediaType(header)).to.equal(expected)
    })
  }

  for (const header of [
    undefined,
    '',
    'text/plain',
    'application/jsonx',
    'application/problem+json',
    'multipart/form-data; boundary=x',
    'application/json; charset=iso-8859-1',
    'application/json; profile=x; charset=utf-16',
    'application/json, text/plain',
  ]) {
    it(`does not accept ${String(header)}`, () => {
      expect(toMediaType(header)).to.equal(undefined)
    })
  }
})

describe('parseBody for JSON', () => {
  it('parses one reading', () => {
    expect(bodyOf(readingText, json)).to.deep.equal({ kind: 'readings', parsed: [parsed] })
  })

  it('parses each item of an array separately', () => {
    const body = bodyOf(`[${readingText}, 7]`, json)
    const refusal = {
      code: 'not-an-object',
      detail: 'A reading must be a JSON object, but this is 7.',
    }
    const refused = { ok: false, refusal }
    expect(body).to.deep.equal({ kind: 'readings', parsed: [parsed, refused] })
  })

  it('returns no readings for an empty array', () => {
    expect(bodyOf('[]', json)).to.deep.equal({ kind: 'readings', parsed: [] })
  })

  it('parses 1,000 readings and returns too-many for 1,001', () => {
    const array = (count: number) => `[${Array(count).fill('0').join(',')}]`
    const most = bodyOf(array(1000), json)
    expect(most.kind === 'readings' && most.parsed.length).to.equal(1000)
    expect(bodyOf(array(1001), json)).to.deep.equal({ kind: 'too-many' })
  })

  it('returns unreadable for an empty body and says that it is empty', () => {
    const unreadable = { kind: 'unreadable', detail: 'The body is not valid JSON: it is empty.' }
    expect(bodyOf('', json)).to.deep.equal(unreadable)
    expect(bodyOf(' \n', json)).to.deep.equal(unreadable)
  })

  it('returns unreadable for a body that is not JSON', () => {
    expect(bodyOf(`${readingText}${readingText}`, json).kind).to.equal('unreadable')
  })

  for (const type of [json, ndjson, form] as const) {
    it(`returns unreadable for ${type} that is not UTF-8`, () => {
      const unreadable = { kind: 'unreadable', detail: 'The body is not valid UTF-8.' }
      expect(bodyOf(Uint8Array.of(0x22, 0xe9, 0x22), type)).to.deep.equal(unreadable)
    })
  }

  it('ignores a byte order mark', () => {
    expect(bodyOf(`\ufeff${readingText}`, json)).to.deep.equal({
      kind: 'readings',
      parsed: [parsed],
    })
  })
})

describe('parseBody for NDJSON', () => {
  const two = { kind: 'readings', parsed: [parsed, parsed] }

  it('parses one reading per line, with or without a line break at the end', () => {
    expect(bodyOf(`${readingText}\n${readingText}`, ndjson)).to.deep.equal(two)
    expect(bodyOf(`${readingText}\n${readingText}\n`, ndjson)).to.deep.equal(two)
    expect(bodyOf(`${readingText}\r\n${readingText}\r\n`, ndjson)).to.deep.equal(two)
  })

  it('skips blank lines', () => {
    expect(bodyOf(`\n \n${readingText}\n\n\t\r\n${readingText}\n\n`, ndjson)).to.deep.equal(two)
  })

  it('returns no readings for a body of blank lines', () => {
    expect(bodyOf('\n\n', ndjson)).to.deep.equal({ kind: 'readings', parsed: [] })
    expect(bodyOf('', ndjson)).to.deep.equal({ kind: 'readings', parsed: [] })
  })

  it('returns unreadable with the line number if one line is not JSON', () => {
    const body = bodyOf(`${readingText}\n\n${readingText}\n{"vin":`, ndjson)
    expect(body.kind).to.equal('unreadable')
    expect(body.kind === 'unreadable' && body.detail).to.match(/^Line 4 is not valid JSON: /)
  })

  it('refuses an array on a line', () => {
    const body = bodyOf(`[${readingText}]`, ndjson)
    const item = body.kind === 'readings' ? body.parsed[0] : undefined
    expect(item?.ok === false && item.refusal.code).to.equal('not-an-object')
  })

  it('parses 1,000 lines and returns too-many for 1,001, without counting blank lines', () => {
    const most = bodyOf('0\n\n'.repeat(1000), ndjson)
    expect(most.kind === 'readings' && most.parsed.length).to.equal(1000)
    expect(bodyOf('0\n'.repeat(1001), ndjson)).to.deep.equal({ kind: 'too-many' })
  })
})

describe('parseBody for a form', () => {
  const position = 'position_x=0&position_y=0&position_z=0'

  for (const end of ['\r\n', '\n', '\r\n\r\n']) {
    it(`ignores ${JSON.stringify(end)} at the end of the body, after any field`, () => {
      const fields = ['vin=A', 'timestamp=1769860799', 'speed=3', 'model=Van', position]
      for (const last of fields) {
        const text = [...fields.filter((field) => field !== last), last].join('&')
        expect(bodyOf(`${text}${end}`, form), text).to.deep.equal(bodyOf(text, form))
      }
      expect(bodyOf(end, form)).to.deep.equal({ kind: 'readings', parsed: [] })
    })
  }

  it('keeps a line break that is percent-encoded', () => {
    const text = `vin=A&timestamp=1769860799&speed=3&${position}&model=Van%0D%0A`
    const body = bodyOf(text, form)
    const [first] = body.kind === 'readings' ? body.parsed : []
    expect(first?.ok && first.reading.model).to.equal('Van\r\n')
  })

  it('parses one reading with its position in metres', () => {
    const body = bodyOf(`vin=A&timestamp=1769860799&speed=3&make=A%26B&${position}`, form)
    const item = body.kind === 'readings' ? body.parsed[0] : undefined
    const reading = item?.ok ? item.reading : undefined
    expect(reading?.make).to.equal('A&B')
    expect(reading?.latitude).to.be.closeTo(37.7749, 1e-9)
  })

  it('returns no readings for an empty body', () => {
    expect(bodyOf('', form)).to.deep.equal({ kind: 'readings', parsed: [] })
  })
})

describe('parseBody with unknown fields kept', () => {
  const outcomeOf = (reading: object, keepsUnknownFields: boolean) => {
    const bytes = new TextEncoder().encode(JSON.stringify(reading))
    const body = parseBody(bytes, json, { ...context, keepsUnknownFields })
    const [first] = body.kind === 'readings' ? body.parsed : []
    return first?.ok === true ? first.reading.metadata : first?.refusal.code
  }

  it('refuses an unknown field of JSON unless unknown fields are kept', () => {
    const reading = { ...aReadingJson(), colour: 'red', tyres: [2.1, 2.2] }
    expect(outcomeOf(reading, false)).to.equal('unknown-field')
    expect(outcomeOf(reading, true)).to.deep.equal({ colour: 'red', tyres: [2.1, 2.2] })
  })

  it('keeps the metadata of the reading, and refuses a field that the metadata has already', () => {
    const metadata = { battery: 0.5 }
    expect(outcomeOf({ ...aReadingJson({ metadata }), fuel: 3 }, true)).to.deep.equal({
      battery: 0.5,
      fuel: 3,
    })
    expect(outcomeOf({ ...aReadingJson({ metadata }), battery: 0.6 }, true)).to.equal(
      'unknown-field',
    )
    expect(outcomeOf({ ...aReadingJson({ metadata: 'x' }), fuel: 3 }, true)).to.equal(
      'unknown-field',
    )
  })

  it('refuses a sequence of 2^52 or more, which only readings of phones and trackers have', () => {
    expect(outcomeOf(aReadingJson({ sequence: 2 ** 52 - 1 }), false)).to.equal(null)
    expect(outcomeOf(aReadingJson({ sequence: 2 ** 52 }), false)).to.equal('out-of-range')
  })
})
