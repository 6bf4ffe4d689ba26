import type { CustomLayerInterface, Map as MapLibreMap } from 'maplibre-gl'
import type { Leg } from '../state/motion.ts'
import { toMercator, turnBetween } from '../state/motion.ts'
import { linkArrowProgram } from './arrow-program.ts'
import { drawIcons, iconCount, iconSize } from './icons.ts'
import type { Theme } from './theme.ts'

/** One icon on the map, on its way; it turns with the way's heading. */
export type Arrow = {
  readonly vin: string
  readonly leg: Leg
  readonly icon: number
  readonly size: number
}

/** Numbers of an arrow in the buffer, in the order of the shader's inputs. */
const inputs = [
  ['way', 4],
  ['times', 2],
  ['headings', 2],
  ['icon', 2],
] as const
const stride = inputs.reduce((sum, [, count]) => sum + count, 0)

type Graphics = {
  readonly gl: WebGL2RenderingContext
  readonly program: WebGLProgram
  readonly vertices: WebGLVertexArrayObject
  readonly buffer: WebGLBuffer
  readonly picture: WebGLTexture
}

/**
 * Draws thousands of arrows in one call. They are uploaded when readings arrive; between readings the
 * vertex shader moves them, so that a frame costs the page next to nothing.
 *
 * Coordinates in the buffer are relative to an anchor near the camera: the 24 bits of the graphics
 * card's numbers would otherwise make arrows jump by metres.
 */
export class ArrowLayer implements CustomLayerInterface {
  readonly id = 'arrows'
  readonly type = 'custom'
  #map: MapLibreMap | undefined
  #graphics: Graphics | undefined
  #theme: Theme
  #arrows: readonly Arrow[] = []
  #isUploaded = false
  #hasPicture = false
  #anchor = { x: 0, y: 0 }
  /** What the seconds in the buffer are counted from, in milliseconds of the page's clock. */
  #epoch = 0

  constructor(theme: Theme) {
    this.#theme = theme
  }

  show(arrows: readonly Arrow[]): void {
    this.#arrows = arrows
    this.#isUploaded = false
    this.#map?.triggerRepaint()
  }

  setTheme(theme: Theme): void {
    this.#theme = theme
    this.#hasPicture = false
    this.#map?.triggerRepaint()
  }

  onAdd(map: MapLibreMap, gl: WebGL2RenderingContext): void {
    this.#map = map
    const program = linkArrowProgram(gl)
    const [vertices, buffer, picture] = [gl.createVertexArray(), gl.createBuffer(), gl.createTexture()]
    gl.bindVertexArray(vertices)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    let offset = 0
    for (const [name, count] of inputs) {
      const location = gl.getAttribLocation(program, name)
      gl.enableVertexAttribArray(location)
      gl.vertexAttribPointer(location, count, gl.FLOAT, false, stride * 4, offset * 4)
      gl.vertexAttribDivisor(location, 1)
      offset += count
    }
    gl.bindVertexArray(null)
    this.#graphics = { gl, program, vertices, buffer, picture }
    this.#isUploaded = false
    this.#hasPicture = false
  }

  render(): void {
    const [map, graphics] = [this.#map, this.#graphics]
    if (!map || !graphics) return
    const { gl, program, vertices, picture } = graphics
    const camera = cameraOf(map)
    gl.useProgram(program)
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_2D, picture)
    if (!this.#hasPicture) this.#uploadPicture(gl)
    const far = Math.hypot(camera.x - this.#anchor.x, camera.y - this.#anchor.y)
    if (!this.#isUploaded || far * camera.worldSize > 2 ** 20) this.#upload(graphics, camera)
    const uniform = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name)
    gl.uniform2f(uniform('centre'), camera.x - this.#anchor.x, camera.y - this.#anchor.y)
    gl.uniform2f(uniform('middle'), camera.middle.x, camera.middle.y)
    gl.uniform2f(uniform('viewport'), camera.width, camera.height)
    gl.uniform1f(uniform('worldSize'), camera.worldSize)
    gl.uniform1f(uniform('now'), (performance.now() - this.#epoch) / 1000)
    gl.uniform1f(uniform('size'), iconSize * sizeAt(map.getZoom()))
    gl.uniform1f(uniform('icons'), iconCount)
    gl.disable(gl.DEPTH_TEST)
    gl.disable(gl.STENCIL_TEST)
    gl.disable(gl.CULL_FACE)
    gl.bindVertexArray(vertices)
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#arrows.length)
    gl.bindVertexArray(null)
  }

  #uploadPicture(gl: WebGL2RenderingContext): void {
    const picture = drawIcons(this.#theme, Math.max(2, devicePixelRatio))
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true)
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
    gl.generateMipmap(gl.TEXTURE_2D)
    this.#hasPicture = true
  }

  #upload({ gl, buffer }: Graphics, anchor: { x: number; y: number }): void {
    this.#anchor = anchor
    this.#epoch = performance.now()
    const numbers = new Float32Array(this.#arrows.length * stride)
    for (const [index, arrow] of this.#arrows.entries()) {
      numbers.set(this.#numbersOf(arrow), index * stride)
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.DYNAMIC_DRAW)
    this.#isUploaded = true
  }

  #numbersOf({ leg, icon, size }: Arrow): number[] {
    const { from, to, start, end } = leg
    const { x, y } = this.#anchor
    const way = [from.x - x, from.y - y, to.x - x, to.y - y]
    const times = [(start - this.#epoch) / 1000, (end - this.#epoch) / 1000]
    return [...way, ...times, from.heading, turnBetween(from.heading, to.heading), icon, size]
  }
}

/** How large arrows are at a zoom: smaller from afar, where there are many. */
function sizeAt(zoom: number): number {
  return Math.min(1, Math.max(0.62, 0.62 + (zoom - 12) * 0.13))
}

export type FlatCamera = {
  /** Mercator coordinates of the middle. */
  readonly x: number
  readonly y: number
  /** Pixels of the whole world. */
  readonly worldSize: number
  /** Where the middle is on the screen: apart from the centre where panels cover the map. */
  readonly middle: { readonly x: number; readonly y: number }
  readonly width: number
  readonly height: number
}

/** The map is never tilted or turned, so that this is all there is to its projection. */
export function cameraOf(map: MapLibreMap): FlatCamera {
  const centre = map.getCenter()
  const { clientWidth: width, clientHeight: height } = map.getCanvas()
  return {
    ...toMercator(centre.lng, centre.lat),
    worldSize: 512 * 2 ** map.getZoom(),
    middle: map.project(centre),
    width,
    height,
  }
}
