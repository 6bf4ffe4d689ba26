import type { Page } from 'playwright-core'
import { columnWidth, rows, step } from './drive.ts'

/**
 * Observes the page without changing it. The buffer of the arrow layer for the graphics card shows
 * which reading each vehicle moves to. A fence after the draw call shows when it was drawn.
 */

/** A drawn reading and the time of drawing. */
export type Drawn = readonly [vehicle: number, turn: number, at: number]

export type Observations = {
  readonly drawn: readonly Drawn[]
  /** Times at which frames with arrows were drawn. */
  readonly frames: readonly number[]
  /** Milliseconds from a key or a click to the next paint; values below 16 are missing. */
  readonly responsesMs: readonly number[]
}

export async function startProbe(page: Page): Promise<void> {
  await page.addInitScript(program)
}

/** The observations since the last call. */
export function takeObservations(page: Page): Promise<Observations> {
  return page.evaluate<Observations>('takeObservations()')
}

/** Numbers per arrow in the buffer, and the index of the target longitude. */
const [stride, east] = [10, 2]

const program = `(() => {
  const nothing = () => ({ drawn: [], frames: [], responsesMs: [] })
  let seen = nothing()
  window.takeObservations = () => {
    const taken = seen
    seen = nothing()
    return taken
  }

  // Vehicles by number, in the order in which the page received them; its arrows have the same
  // order.
  const vehicles = []
  window.EventSource = class extends EventSource {
    constructor(url) {
      super(url)
      this.addEventListener('snapshot', ({ data }) => {
        for (const { vin } of JSON.parse(data).vehicles) vehicles.push(Number(vin.slice(-5)))
      })
    }
  }

  const graphics = WebGL2RenderingContext.prototype
  const { bufferData, drawArraysInstanced } = graphics
  const areArrows = ({ canvas }) => canvas.className === 'arrows'
  const turns = new Map()
  let sent = []
  graphics.bufferData = function (...parameters) {
    bufferData.apply(this, parameters)
    const [, numbers] = parameters
    if (!areArrows(this) || numbers.length !== vehicles.length * ${stride}) return
    const placeOf = (index) => numbers[index * ${stride} + ${east}] * 360
    const home = placeOf(vehicles.indexOf(0))
    for (const [index, vehicle] of vehicles.entries()) {
      const way = placeOf(index) - home - Math.floor(vehicle / ${rows}) * ${columnWidth}
      const turn = Math.round(way / ${step})
      if (turns.get(vehicle) !== turn) sent.push([vehicle, turn])
      turns.set(vehicle, turn)
    }
  }
  graphics.drawArraysInstanced = function (...parameters) {
    drawArraysInstanced.apply(this, parameters)
    if (!areArrows(this)) return
    const readings = sent
    sent = []
    const fence = this.fenceSync(this.SYNC_GPU_COMMANDS_COMPLETE, 0)
    this.flush()
    const look = () => {
      if (this.getSyncParameter(fence, this.SYNC_STATUS) !== this.SIGNALED) {
        setTimeout(look, 2)
        return
      }
      this.deleteSync(fence)
      const at = performance.timeOrigin + performance.now()
      seen.frames.push(at)
      for (const [vehicle, turn] of readings) seen.drawn.push([vehicle, turn, at])
    }
    setTimeout(look)
  }

  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries()) {
      if (interactionId > 0) seen.responsesMs.push(duration)
    }
  }).observe({ type: 'event', durationThreshold: 16 })
})()`
