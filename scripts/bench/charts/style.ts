type Colours = {
  readonly background: string
  readonly track: string
  readonly text: string
  readonly muted: string
  readonly accent: string
}

const light: Colours = {
  background: '#ffffff',
  track: '#e8ecf0',
  text: '#1f2328',
  muted: '#59636e',
  accent: '#0969da',
}

const dark: Colours = {
  background: '#0d1117',
  track: '#232a33',
  text: '#f0f6fc',
  muted: '#9ea7b1',
  accent: '#4493f8',
}

const monospace = `ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace`
const sansSerif = `-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif`

const fonts = [
  `text { font: 11.5px ${sansSerif} }`,
  `.value { font: 600 13px ${monospace} }`,
  `.title { font: 14px ${sansSerif} }`,
]

/** Plain colours without CSS variables: some SVG viewers do not know variables. */
function coloursOf({ background, track, text, muted, accent }: Colours): string[] {
  return [
    `text { fill: ${text} }`,
    `.note, .label { fill: ${muted} }`,
    `.background { fill: ${background} }`,
    `.track { fill: ${track} }`,
    `.measured { fill: ${accent} }`,
    `.limit { fill: ${muted} }`,
  ]
}

/** Follows the reader's light or dark mode. */
export const styleSheet = [
  ...fonts,
  ...coloursOf(light),
  '@media (prefers-color-scheme: dark) {',
  ...coloursOf(dark).map((rule) => `  ${rule}`),
  '}',
]
