import { expect } from 'chai'
import { unwrapLine, unwrapRing } from '../../../services/dashboard/page/map/unwrap.ts'

describe('unwrapping of outlines for a flat map', () => {
  it('unwrapLine continues beyond the 180th meridian', () => {
    const line = unwrapLine([
      [170, 60],
      [-175, 61],
      [175, 62],
    ])
    expect(line).to.deep.equal([
      [170, 60],
      [185, 61],
      [175, 62],
    ])
  })

  it('unwrapRing closes a ring around a pole through the pole', () => {
    const ring = unwrapRing([
      [-170, -80],
      [-60, -70],
      [60, -75],
      [170, -80],
      [-170, -80],
    ])
    expect(ring).to.deep.equal([
      [-170, -80],
      [-60, -70],
      [60, -75],
      [170, -80],
      [190, -80],
      [190, -90],
      [-170, -90],
      [-170, -80],
    ])
  })
})
