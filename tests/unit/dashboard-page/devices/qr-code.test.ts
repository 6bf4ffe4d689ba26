import { expect } from 'chai'
import jsQR from 'jsqr'
import type { QrCode } from '../../../../services/dashboard/page/state/devices/qr-code.ts'
import { toQrCode } from '../../../../services/dashboard/page/state/devices/qr-code.ts'
import {
  deviceApps,
  setupOf,
} from '../../../../services/dashboard/page/state/devices/setup-links.ts'

describe('toQrCode', () => {
  const token = 'x'.repeat(43)
  for (const app of deviceApps) {
    it(`makes a code from which a reader gets the link of ${app}`, () => {
      const access = { origin: 'https://fleet.example.com', vin: 'V'.repeat(32), token }
      const { link } = setupOf(app, access)
      expect(readCode(toQrCode(link))).to.equal(link)
    })
  }

  it('holds a token of 2,000 characters', () => {
    const link = `http://192.0.2.7:5001/devices/osmand/${'y'.repeat(2_000)}?id=VAN-12`
    expect(readCode(toQrCode(link))).to.equal(link)
  })

  it('has a margin of four modules on each side', () => {
    const { size, path } = toQrCode('http://192.0.2.7:5001/')
    const at = [...path.matchAll(/M(\d+) (\d+)/g)].flatMap((part) => [part[1], part[2]].map(Number))
    expect(Math.min(...at)).to.equal(4)
    expect(Math.max(...at)).to.equal(size - 5)
  })
})

/** Draws the path with four pixels for each module, and reads it with another library. */
function readCode({ size, path }: QrCode): string | undefined {
  const scale = 4
  const width = size * scale
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < scale; row += 1) {
      const from = ((Number(y) * scale + row) * width + Number(x) * scale) * 4
      for (let at = 0; at < scale * 4; at += 1) if (at % 4 !== 3) pixels[from + at] = 0
    }
  }
  return jsQR.default(pixels, width, width)?.data
}
