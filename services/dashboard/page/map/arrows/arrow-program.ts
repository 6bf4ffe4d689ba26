/** The shaders of the arrows. The graphics card moves each arrow along its leg. */

const vertexShader = `#version 300 es
in vec4 way;        // from x, y, to x, y: Mercator coordinates minus the anchor
in vec2 times;      // start and end of the leg in seconds
in vec2 headings;   // at the start, and the rotation, in degrees
in vec2 icon;       // index and size
uniform vec2 centre;
uniform vec2 screenCentre;
uniform vec2 viewport;
uniform float worldSize;
uniform float now;
uniform float size;
uniform float icons;
out vec2 place;
void main() {
  float part = times.y > times.x ? clamp((now - times.x) / (times.y - times.x), 0.0, 1.0) : 1.0;
  vec2 at = (mix(way.xy, way.zw, part) - centre) * worldSize + screenCentre;
  float angle = radians(headings.x + headings.y * part);
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  vec2 offset = (corner - 0.5) * size * icon.y;
  vec2 turned = vec2(offset.x * cos(angle) - offset.y * sin(angle), offset.x * sin(angle) + offset.y * cos(angle));
  vec2 screen = (at + turned) / viewport * 2.0 - 1.0;
  gl_Position = vec4(screen.x, -screen.y, 0.0, 1.0);
  place = vec2((icon.x + corner.x) / icons, corner.y);
}`

const fragmentShader = `#version 300 es
precision mediump float;
uniform sampler2D picture;
in vec2 place;
out vec4 colour;
void main() {
  colour = texture(picture, place);
}`

/** @throws Error with the message of the graphics driver */
export function linkArrowProgram(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(kind)
    if (!shader) throw new Error('the WebGL context is lost')
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    throw new Error(`linking the arrow shaders failed: ${gl.getProgramInfoLog(program) ?? ''}`)
  }
  return program
}
