import type { VehicleActivity } from '../../state/vehicle-activity.ts'
import { vehicleActivities } from '../../state/vehicle-activity.ts'
import type { Theme } from '../base/theme.ts'

/** Side of an icon in CSS pixels. Each pixel costs time on machines without a graphics card. */
export const iconSizePx = 27

/**
 * Draw the icons, two for each state: with and without a heading. States differ in shape, not only in
 * colour: moving is a filled arrow, standing a disc with a nose, stale a hollow dashed arrow, silent a
 * hollow disc that is struck through. After them comes the ring around the selected vehicle.
 */
const iconPainters: readonly ((pen: Pen) => void)[] = vehicleActivities.flatMap((state) => [
  (pen: Pen) => {
    drawState(pen, state, true)
  },
  (pen: Pen) => {
    drawState(pen, state, false)
  },
])

export const iconCount = iconPainters.length + 1
export const ringIconIndex = iconPainters.length

/** @param hasHeading without a heading the icon has no direction */
export function iconIndexOf(state: VehicleActivity, hasHeading: boolean): number {
  return vehicleActivities.indexOf(state) * 2 + (hasHeading ? 0 : 1)
}

type Pen = { readonly context: CanvasRenderingContext2D; readonly theme: Theme }

/** Draws all icons in one row, with the origin of each in its centre and north up. */
export function drawIcons(theme: Theme, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  const size = iconSizePx * scale
  canvas.width = size * iconCount
  canvas.height = size
  const context = canvas.getContext('2d')
  if (!context) throw new Error('the browser provides no 2D canvas context')
  const drawAt = (index: number, draw: (pen: Pen) => void): void => {
    context.setTransform(scale, 0, 0, scale, (index + 0.5) * size, size / 2)
    draw({ context, theme })
  }
  for (const [index, draw] of iconPainters.entries()) drawAt(index, draw)
  drawAt(ringIconIndex, drawRing)
  return canvas
}

function drawState({ context, theme }: Pen, state: VehicleActivity, hasHeading: boolean): void {
  const colour = theme.states[state]
  context.beginPath()
  traceShape(context, state, hasHeading)
  context.lineJoin = 'round'
  // An outline in the surface colour separates arrows from roads and from each other.
  context.setLineDash([])
  context.lineWidth = 4
  context.strokeStyle = theme.surface
  context.stroke()
  const isFilled = state === 'moving' || state === 'standing'
  context.fillStyle = isFilled ? colour : theme.surface
  context.fill()
  if (isFilled) return
  context.lineWidth = 2.4
  context.strokeStyle = colour
  if (state === 'stale') context.setLineDash([5, 2])
  context.stroke()
  if (state === 'silent') strikeThrough(context)
}

function traceShape(
  context: CanvasRenderingContext2D,
  state: VehicleActivity,
  hasHeading: boolean,
): void {
  if (hasHeading && (state === 'moving' || state === 'stale')) traceArrow(context)
  else if (hasHeading && state === 'standing') traceNosedDisc(context)
  else context.arc(0, 0, 6, 0, 2 * Math.PI)
}

function strikeThrough(context: CanvasRenderingContext2D): void {
  context.beginPath()
  context.moveTo(-4.4, 4.4)
  context.lineTo(4.4, -4.4)
  context.stroke()
}

function traceArrow(context: CanvasRenderingContext2D): void {
  context.moveTo(0, -11)
  context.lineTo(7.5, 9)
  context.lineTo(0, 5)
  context.lineTo(-7.5, 9)
  context.closePath()
}

function traceNosedDisc(context: CanvasRenderingContext2D): void {
  const opening = 0.55
  context.arc(0, 0, 6, -Math.PI / 2 + opening, (3 / 2) * Math.PI - opening)
  context.lineTo(0, -10.5)
  context.closePath()
}

function drawRing({ context, theme }: Pen): void {
  context.beginPath()
  context.arc(0, 0, 11.5, 0, 2 * Math.PI)
  context.setLineDash([])
  context.lineWidth = 1.8
  context.strokeStyle = theme.ink
  context.stroke()
}
