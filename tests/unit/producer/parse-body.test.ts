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
const one = JSON.stringify(aReadingJson())
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
    it(`takes ${header}`, () => {
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
    it(`does not take ${String(header)}`, () => {
      expect(toMediaType(header)).to.equal(undefined)
    })
  }
})

describe('parseBody: JSON', () => {
  it('takes one reading', () => {
    expect(bodyOf(one, json)).to.deep.equal({ kind: 'readings', parsed: [parsed] })
  })

  it('takes an array, each item by itself', () => {
    const body = bodyOf(`[${one}, 7]`, json)
    const refusal = { code: 'not-an-object', detail: 'A reading must be a JSON object, but this is 7.' }
    const refused = { ok: false, refusal }
    expect(body).to.deep.equal({ kind: 'readings', parsed: [parsed, refused] })
  })

  it('takes an empty array for no readings', () => {
    expect(bodyOf('[]', json)).to.deep.equal({ kind: 'readings', parsed: [] })
  })

  it('takes 1,000 readings and says of 1,001 that they are too many', () => {
    const array = (count: number) => `[${Array(count).fill('0').join(',')}]`
    const most = bodyOf(array(1000), json)
    expect(most.kind === 'readings' && most.parsed.length).to.equal(1000)
    expect(bodyOf(array(1001), json)).to.deep.equal({ kind: 'too-many', count: 1001 })
  })

  it('says of an empty body that it is empty', () => {
    const unreadable = { kind: 'unreadable', detail: 'The body is not valid JSON: it is empty.' }
    expect(bodyOf('', json)).to.deep.equal(unreadable)
    expect(bodyOf(' \n', json)).to.deep.equal(unreadable)
  })

  it('cannot read what is not JSON', () => {
    expect(bodyOf(`${one}${one}`, json).kind).to.equal('unreadable')
  })

  for (const type of [json, ndjson, form] as const) {
    it(`cannot read ${type} that is not UTF-8`, () => {
      const unreadable = { kind: 'unreadable', detail: 'The body is not valid UTF-8.' }
      expect(bodyOf(Uint8Array.of(0x22, 0xe9, 0x22), type)).to.deep.equal(unreadable)
    })
  }

  it('passes over a byte order mark', () => {
    expect(bodyOf(`\ufeff${one}`, json)).to.deep.equal({ kind: 'readings', parsed: [parsed] })
  })
})

describe('parseBody: NDJSON', () => {
  const two = { kind: 'readings', parsed: [parsed, parsed] }

  it('takes a reading a line, with or without a break at the end', () => {
    expect(bodyOf(`${one}\n${one}`, ndjson)).to.deep.equal(two)
    expect(bodyOf(`${one}\n${one}\n`, ndjson)).to.deep.equal(two)
    expect(bodyOf(`${one}\r\n${one}\r\n`, ndjson)).to.deep.equal(two)
  })

  it('passes over blank lines', () => {
    expect(bodyOf(`\n \n${one}\n\n\t\r\n${one}\n\n`, ndjson)).to.deep.equal(two)
  })

  it('takes nothing but blank lines for no readings', () => {
    expect(bodyOf('\n\n', ndjson)).to.deep.equal({ kind: 'readings', parsed: [] })
    expect(bodyOf('', ndjson)).to.deep.equal({ kind: 'readings', parsed: [] })
  })

  it('cannot read the whole where one line is not JSON, and says which line', () => {
    const body = bodyOf(`${one}\n\n${one}\n{"vin":`, ndjson)
    expect(body.kind).to.equal('unreadable')
    expect(body.kind === 'unreadable' && body.detail).to.match(/^Line 4 is not valid JSON: /)
  })

  it('refuses an array on a line', () => {
    const body = bodyOf(`[${one}]`, ndjson)
    const item = body.kind === 'readings' ? body.parsed[0] : undefined
    expect(item?.ok === false && item.refusal.code).to.equal('not-an-object')
  })

  it('takes 1,000 lines and says of 1,001 that they are too many, blank ones not counted', () => {
    const most = bodyOf('0\n\n'.repeat(1000), ndjson)
    expect(most.kind === 'readings' && most.parsed.length).to.equal(1000)
    expect(bodyOf('0\n'.repeat(1001), ndjson)).to.deep.equal({ kind: 'too-many', count: 1001 })
  })
})

describe('parseBody: form', () => {
  it('takes one reading with its position in metres', () => {
    const position = 'position_x=0&position_y=0&position_z=0'
    const body = bodyOf(`vin=A&timestamp=1769860799&speed=3&make=A%26B&${position}`, form)
    const item = body.kind === 'readings' ? body.parsed[0] : undefined
    const reading = item?.ok ? item.reading : undefined
    expect(reading?.make).to.equal('A&B')
    expect(reading?.latitude).to.be.closeTo(37.7749, 1e-9)
  })

  it('takes an empty body for no readings', () => {
    expect(bodyOf('', form)).to.deep.equal({ kind: 'readings', parsed: [] })
  })
})
