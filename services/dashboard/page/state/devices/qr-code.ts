import qrcode from 'qrcode-generator'

export type QrCode = {
  /** The length of a side in modules, with the margin. */
  readonly size: number
  /** The dark modules as the data of an SVG path: one unit is one module. */
  readonly path: string
}

/** The width of the light margin that readers need, in modules. */
const margin = 4

/** The QR code of a text of ASCII characters. A screen has no scratches: the lowest level of correction is enough. */
export function toQrCode(text: string): QrCode {
  const code = qrcode(0, 'L')
  code.addData(text)
  code.make()
  const count = code.getModuleCount()
  const parts: string[] = []
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) parts.push(`M${column + margin} ${row + margin}h1v1h-1z`)
    }
  }
  return { size: count + 2 * margin, path: parts.join('') }
}
