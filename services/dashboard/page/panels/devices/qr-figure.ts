import { toQrCode } from '../../state/devices/qr-code.ts'
import { svg } from '../dom.ts'

/** Shows a text as a QR code, dark on light in the dark mode too, because some readers know no inverted codes. */
export function qrFigure(text: string, label: string): SVGElement {
  const { size, path } = toQrCode(text)
  return svg(
    'svg',
    {
      ...{ class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label },
      'shape-rendering': 'crispEdges',
    },
    svg('rect', { width: size, height: size, fill: '#ffffff' }),
    svg('path', { d: path, fill: '#000000' }),
  )
}
