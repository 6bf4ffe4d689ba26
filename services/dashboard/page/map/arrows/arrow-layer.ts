import type { Map as MapLibreMap } from 'maplibre-gl'
import type { Leg } from '../../state/motion.ts'
import { toMercator, turnBetween } from '../../state/motion.ts'
import { linkArrowProgram } from './arrow-program.ts'
import { drawIcons, iconCount, iconSizePx } from './icons.ts'
import type { Theme } from '../base/theme.ts'

/** One icon that moves along a leg and turns with the leg's heading. */
export type Arrow = {
  readonly vin: string
  readonly leg: Leg
  readonly icon: number
  readonly size: number
}

/** Above this number of arrows they are drawn smaller. */
const crowdSize = 300

/** The floats of one arrow in the buffer, in the order of the shader's inputs. */
const shaderInputs = [
  ['way', 4],
  ['times', 2],
  ['headings', 2],
  ['icon', 2],
] as const
const floatsPerArrow = shaderInputs.reduce((sum, [, count]) => sum + count, 0)

type Graphics = {
  readonly gl: WebGL2RenderingContext
  readonly program: WebGLProgram
  readonly buffer: WebGLBuffer
}

/**
 * Draws thousands of arrows in one call, on a separate canvas above the map: the map is not redrawn while
 * they move. Arrows are uploaded when readings arrive. Between readings the vertex shader moves them, so
 * that a frame costs almost nothing.
 *
 * Coordinates in the buffer are relative to an anchor near the camera: with the 24-bit precision of
 * 32-bit floats, absolute coordinates would make arrows jump by metres.
 */
export class ArrowLayer {
  readonly #map: MapLibreMap
  readonly #canvas = document.createElement('canvas')
  #graphics: Graphics
  #theme: Theme
  #arrows: readonly Arrow[] = []
  #isUploaded = false
  #isTextureUploaded = false
  #anchor = { x: 0, y: 0 }
  /** Zero of the seconds in the buffer, in milliseconds of `performance.now()`. */
  #epoch = 0

  constructor(map: MapLibreMap, theme: Theme) {
    this.#map = map
    this.#theme = theme
    this.#canvas.className = 'arrows'
    map.getCanvasContainer().append(this.#canvas)
    this.#graphics = createGraphics(this.#canvas)
    const draw = (): void => {
      this.draw()
    }
    map.on('move', draw)
    map.on('resize', draw)
    this.#canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault()
    })
    this.#canvas.addEventListener('webglcontextrestored', () => {
      this.#graphics = createGraphics(this.#canvas)
      this.#isUploaded = false
      this.#isTextureUploaded = false
      this.draw()
    })
  }

  show(arrows: readonly Arrow[]): void {
    this.#arrows = arrows
    this.#isUploaded = false
    this.draw()
  }

  setTheme(theme: Theme): void {
    this.#theme = theme
    this.#isTextureUploaded = false
    this.draw()
  }

  /** Draws all arrows at their current positions. */
  draw(): void {
    const { gl, program } = this.#graphics
    const camera = cameraOf(this.#map)
    this.#resizeCanvas(camera, gl)
    if (!this.#isTextureUploaded) this.#uploadTexture(gl)
    const distance = Math.hypot(camera.x - this.#anchor.x, camera.y - this.#anchor.y)
    if (!this.#isUploaded || distance * camera.worldSize > 2 ** 20) this.#upload(camera)
    const uniform = (name: string): WebGLUniformLocation | null =>
      gl.getUniformLocation(program, name)
    gl.uniform2f(uniform('centre'), camera.x - this.#anchor.x, camera.y - this.#anchor.y)
    gl.uniform2f(uniform('screenCentre'), camera.screenCentre.x, camera.screenCentre.y)
    gl.uniform2f(uniform('viewport'), camera.width, camera.height)
    gl.uniform1f(uniform('worldSize'), camera.worldSize)
    gl.uniform1f(uniform('now'), (performance.now() - this.#epoch) / 1000)
    gl.uniform1f(uniform('size'), iconSizePx * this.#sizeAt(this.#map.getZoom()))
    gl.uniform1f(uniform('icons'), iconCount)
    gl.clear(gl.COLOR_BUFFER_BIT)
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#arrows.length)
  }

  /** Arrows are smaller at a low zoom level and in large numbers. */
  #sizeAt(zoom: number): number {
    const size = Math.min(1, Math.max(0.5, 0.5 + (zoom - 12) * 0.12))
    return this.#arrows.length > crowdSize ? size : Math.min(1, size * 1.25)
  }

  #resizeCanvas({ width, height }: FlatCamera, gl: WebGL2RenderingContext): void {
    const [across, down] = [width * devicePixelRatio, height * devicePixelRatio].map(Math.round)
    if (this.#canvas.width === across && this.#canvas.height === down) return
    this.#canvas.width = across ?? 0
    this.#canvas.height = down ?? 0
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height)
  }

  #uploadTexture(gl: WebGL2RenderingContext): void {
    const picture = drawIcons(this.#theme, Math.max(1.5, devicePixelRatio))
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true)
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
    this.#isTextureUploaded = true
  }

  #upload(anchor: { x: number; y: number }): void {
    const { gl, buffer } = this.#graphics
    this.#anchor = anchor
    this.#epoch = performance.now()
    const numbers = new Float32Array(this.#arrows.length * floatsPerArrow)
    for (const [index, arrow] of this.#arrows.entries()) {
      numbers.set(this.#toFloats(arrow), index * floatsPerArrow)
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.DYNAMIC_DRAW)
    this.#isUploaded = true
  }

  #toFloats({ leg, icon, size }: Arrow): number[] {
    const { from, to, start, end } = leg
    const { x, y } = this.#anchor
    const way = [from.x - x, from.y - y, to.x - x, to.y - y]
    const times = [(start - this.#epoch) / 1000, (end - this.#epoch) / 1000]
    return [...way, ...times, from.heading, turnBetween(from.heading, to.heading), icon, size]
  }
}

/** Sets up WebGL once; the canvas draws only arrows. */
function createGraphics(canvas: HTMLCanvasElement): Graphics {
  const gl = canvas.getContext('webgl2', { antialias: false, depth: false })
  if (!gl) throw new Error('WebGL 2 is not available in this browser')
  const program = linkArrowProgram(gl)
  const buffer = gl.createBuffer()
  gl.useProgram(program)
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture())
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
  let offset = 0
  for (const [name, count] of shaderInputs) {
    const location = gl.getAttribLocation(program, name)
    gl.enableVertexAttribArray(location)
    gl.vertexAttribPointer(location, count, gl.FLOAT, false, floatsPerArrow * 4, offset * 4)
    gl.vertexAttribDivisor(location, 1)
    offset += count
  }
  gl.enable(gl.BLEND)
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  gl.viewport(0, 0, canvas.width, canvas.height)
  return { gl, program, buffer }
}

export type FlatCamera = {
  /** Mercator coordinates of the map's centre. */
  readonly x: number
  readonly y: number
  /** Width of the whole world in pixels. */
  readonly worldSize: number
  /** Screen position of the map's centre; not the middle of the canvas when panels cover the map. */
  readonly screenCentre: { readonly x: number; readonly y: number }
  readonly width: number
  readonly height: number
}

/** The map is never tilted or rotated, so these values define its projection. */
export function cameraOf(map: MapLibreMap): FlatCamera {
  const centre = map.getCenter()
  const { clientWidth: width, clientHeight: height } = map.getCanvas()
  return {
    ...toMercator(centre.lng, centre.lat),
    worldSize: 512 * 2 ** map.getZoom(),
    screenCentre: map.project(centre),
    width,
    height,
  }
}
