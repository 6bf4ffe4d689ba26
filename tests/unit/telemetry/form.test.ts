import { expect } from 'chai'
import fc from 'fast-check'
import { formFields, parseForm } from '../../../services/telemetry/reading/form.ts'
import { localToGeo } from '../../../services/telemetry/track/geo.ts'
import { aReading, aWindow, noon } from '../../support/builders.ts'

const origin = { latitude: 37.7749, longitude: -122.4194, altitude: 16 }
const position = 'position_x=120&position_y=-40.5&position_z=2'
const common = 'timestamp=1769860799.25&vin=1AVTB2C37R0000042&speed=7.823'
const parsed = (body: string) => parseForm(new URLSearchParams(body), origin, aWindow())
const codeOf = (body: string) => {
  const result = parsed(body)
  return result.ok ? 'accepted' : result.refusal.code
}

describe('parseForm', () => {
  const place = localToGeo({ east: 120, north: -40.5, up: 2 }, origin)
  const expected = { ok: true, reading: aReading({ ...place, recordedAt: noon - 750_000 }) }

  it('accepts position_x, position_y and position_z as metres east, north and up', () => {
    expect(parsed(`${common}&${position}`)).to.deep.equal(expected)
  })

  it('accepts position_x, position_y and position_z in any order', () => {
    const body = `position_z=2&position_y=-40.5&${common}&position_x=120`
    expect(parsed(body)).to.deep.equal(expected)
  })

  it('accepts position three times, in the order east, north, up', () => {
    const body = `${common}&position=120&position=-40.5&position=2`
    expect(parsed(body)).to.deep.equal(expected)
  })

  it('accepts make and model', () => {
    const result = parsed(`${common}&${position}&make=Toyota&model=RAV+4`)
    const reading = { ...expected.reading, make: 'Toyota', model: 'RAV 4' }
    expect(result).to.deep.equal({ ok: true, reading })
  })

  for (const offset of ['+00:00', '+0000', '+00', '%2B00:00']) {
    it(`accepts the offset ${offset} of a time, whether its plus is encoded or not`, () => {
      const body = `timestamp=2026-01-31T11:59:59.25${offset}&vin=1AVTB2C37R0000042&speed=7.823`
      expect(parsed(`${body}&${position}`)).to.deep.equal(expected)
    })
  }

  it('accepts the plus of a number that is not encoded', () => {
    const body = `${common.replace('7.823', '+78.23e-1')}&position_x=+1.2e+2&position_y=-40.5`
    expect(parsed(`${body}&position_z=+2`)).to.deep.equal(expected)
  })

  for (const number of ['+1.5e2', '150.', '1.5E+2', '000150']) {
    it(`accepts ${number} as a number`, () => {
      const value = encodeURIComponent(number)
      const result = parsed(`timestamp=1769860799&vin=A&speed=${value}&${position}`)
      expect(result.ok ? result.reading.speed : result.refusal).to.equal(150)
    })
  }

  it('refuses a body with both forms of the position', () => {
    expect(codeOf(`${common}&${position}&position=1&position=2&position=3`)).to.equal(
      'missing-field',
    )
    expect(codeOf(`${common}&position_x=1&position=1&position=2&position=3`)).to.equal(
      'missing-field',
    )
  })

  it('refuses a missing or incomplete position', () => {
    expect(codeOf(common)).to.equal('missing-field')
    expect(codeOf(`${common}&position_x=1&position_y=2`)).to.equal('missing-field')
  })

  for (const count of [1, 2, 4]) {
    it(`refuses position if it occurs ${count} times`, () => {
      const body = `${common}${'&position=1'.repeat(count)}`
      expect(parsed(body)).to.deep.equal({
        ok: false,
        refusal: {
          code: 'wrong-type',
          detail: `position occurs ${count} times; expected: 3.`,
        },
      })
    })
  }

  for (const name of ['vin', 'speed', 'timestamp', 'position_x', 'make']) {
    it(`refuses ${name} if it occurs twice`, () => {
      expect(codeOf(`${common}&${position}&make=a&${name}=1`)).to.equal('wrong-type')
    })
  }

  for (const value of ['', 'x', '1,5', '0x10', 'NaN', 'Infinity', '1 2', '--1', '.', '1e']) {
    it(`refuses ${JSON.stringify(value)} as a position`, () => {
      const body = `${common}&position_x=${encodeURIComponent(value)}&position_y=0&position_z=0`
      expect(codeOf(body)).to.equal('wrong-type')
    })

    it(`refuses ${JSON.stringify(value)} as a speed`, () => {
      const body = `timestamp=1769860799&vin=A&speed=${encodeURIComponent(value)}&${position}`
      expect(codeOf(body)).to.equal('wrong-type')
    })
  }

  it('refuses a position that is too large for a double', () => {
    const body = `${common}&position_x=1e999&position_y=0&position_z=0`
    expect(codeOf(body)).to.equal('not-finite')
  })

  it('refuses a position that is far from the surface of the Earth', () => {
    for (const up of ['-6378137', '2000000', '1e300']) {
      const body = `${common}&position_x=0&position_y=0&position_z=${up}`
      expect(codeOf(body)).to.equal('out-of-range')
    }
  })

  for (const name of ['latitude', 'heading', 'sequence', '__proto__', 'Vin']) {
    it(`refuses the field ${name} as unknown`, () => {
      expect(parsed(`${common}&${position}&${name}=1`)).to.deep.equal({
        ok: false,
        refusal: {
          code: 'unknown-field',
          detail: `Unknown form field "${name}". Known fields: timestamp, vin, make, model, speed, position, position_x, position_y, position_z.`,
        },
      })
    })
  }

  it('refuses a form whose reading is invalid, with the code of the reading', () => {
    expect(codeOf(`vin=A&speed=1&${position}`)).to.equal('missing-field')
    expect(codeOf(`timestamp=1769860799&vin=A&speed=501&${position}`)).to.equal('out-of-range')
    expect(codeOf(`timestamp=1769860799&vin=A%00&speed=1&${position}`)).to.equal('invalid-vin')
    expect(codeOf(`timestamp=0&vin=A&speed=1&${position}`)).to.equal('time-too-old')
  })

  it('never throws for any numbers as position, and never returns NaN in a reading', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.double(), (east, north, up) => {
        const body = `${common}&position=${east}&position=${north}&position=${up}`
        const result = parsed(body.replaceAll('+', '%2B'))
        const acceptedValues = result.ok ? Object.values(result.reading) : []
        expect(acceptedValues.filter((value) => value !== value)).to.deep.equal([])
      }),
    )
  })

  it('has a description of each form field', () => {
    expect(formFields.filter(({ description }) => description === '')).to.deep.equal([])
  })
})
