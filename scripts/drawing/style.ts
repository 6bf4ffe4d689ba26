type Colours = {
  readonly ground: string
  readonly frame: string
  readonly field: string
  readonly box: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly onAccent: string
}

const light: Colours = {
  ground: '#ffffff',
  frame: '#f6f8fa',
  field: '#e8ecf0',
  box: '#ffffff',
  line: '#c3cad2',
  text: '#1f2328',
  muted: '#59636e',
  accent: '#0969da',
  onAccent: '#ffffff',
}

const dark: Colours = {
  ground: '#0d1117',
  frame: '#151b23',
  field: '#232a33',
  box: '#0d1117',
  line: '#4a525c',
  text: '#f0f6fc',
  muted: '#9ea7b1',
  accent: '#4493f8',
  onAccent: '#0d1117',
}

const code = `ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace`
const prose = `-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif`

const shapes = [
  `text { font: 11.5px ${prose} }`,
  `.name { font: 600 13px ${code} }`,
  `.code, .port { font: 11px ${code} }`,
  `.title { font: 14px ${prose} }`,
  `.before { text-anchor: end }`,
  `.middle { text-anchor: middle }`,
  `.frame { stroke-width: 1.5; stroke-dasharray: 1 5; stroke-linecap: round }`,
  `.once { stroke-dasharray: 5 4 }`,
  `.icon, .arrow { fill: none; stroke-width: 1.3; stroke-linecap: round }`,
  `.path { stroke-width: 2.2 }`,
]

/** Without variables, which not everything that draws SVG knows. */
function coloursOf({ ground, frame, field, box, line, text, muted, accent, onAccent }: Colours) {
  return [
    `text { fill: ${text} }`,
    `.note, .words { fill: ${muted} }`,
    `.ground { fill: ${ground} }`,
    `.frame { fill: ${frame}; stroke: ${muted} }`,
    `.field { fill: ${field} }`,
    `.box { fill: ${box}; stroke: ${line} }`,
    `.once { stroke: ${muted} }`,
    `.official, .head { fill: ${muted} }`,
    `.built, .path-head { fill: ${accent} }`,
    `.icon, .arrow { stroke: ${muted} }`,
    `.path { stroke: ${accent} }`,
    `.loopback { fill: ${frame}; stroke: ${line} }`,
    `.everywhere { fill: ${accent}; stroke: ${accent} }`,
    `.port { stroke: none; fill: ${text} }`,
    `.port.everywhere { fill: ${onAccent}; font-weight: 600 }`,
  ]
}

/** Follows the reader's light or dark mode, on a ground of its own. */
export const styleSheet = [
  ...shapes,
  ...coloursOf(light),
  '@media (prefers-color-scheme: dark) {',
  ...coloursOf(dark).map((rule) => `  ${rule}`),
  '}',
]
