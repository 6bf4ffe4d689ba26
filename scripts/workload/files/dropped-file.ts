import type { Random } from '../../../fleet/random.ts'
import type { Route } from './routes.ts'
import { vinOf } from './routes.ts'

/** A file that the workload drops. Its rows name the file and the line. */

/**
 * - `plain`: good lines;
 * - `bad-lines`: every tenth line becomes a dead letter;
 * - `repeated`: the content of an earlier file, which is not loaded again.
 */
type Kind = 'plain' | 'bad-lines' | 'repeated'

export type DroppedFile = {
  readonly name: string
  readonly route: Route
  /** The number of its content, which is in its rows. */
  readonly content: number
  readonly kind: Kind
  readonly lines: number
}

/** One of this many lines is bad. */
const badEvery = 10
const [minLines, maxLines] = [1, 400]
/** The share of files with bad lines, and of those that repeat an earlier content. */
const [badShare, repeatedShare] = [0.1, 0.05]
/** One of this many files takes each route except `table`. */
const routeEvery = 10

type Draw = {
  readonly random: Random
  /** These may be repeated. */
  readonly earlier: readonly DroppedFile[]
  readonly routes: readonly Route[]
}

/** @param number of the file in the run */
export function drawFile(
  run: string,
  number: number,
  { random, earlier, routes }: Draw,
): DroppedFile {
  const name = nameOf(run, number)
  const others = routes.filter((route) => route !== 'table')
  const route = others[Math.floor(random() * routeEvery)] ?? 'table'
  const draw = random()
  const lines = minLines + Math.floor(random() * (maxLines - minLines))
  const file = { name, route, content: number, kind: 'plain', lines } as const
  if (route !== 'table') return file
  const loaded = earlier.filter((each) => each.route === route)
  const first = loaded[Math.floor(random() * loaded.length)]
  if (draw < repeatedShare && first !== undefined) return { ...first, name, kind: 'repeated' }
  return { ...file, kind: draw < repeatedShare + badShare ? 'bad-lines' : 'plain' }
}

const nameOf = (run: string, number: number): string =>
  `${run}-${String(number).padStart(6, '0')}.csv`

export function textOf(run: string, file: DroppedFile, hasBadLines: boolean): string {
  if (file.route === 'readings') return readingsOf(run, file)
  const { content, lines } = file
  const parts = ['run,content,line']
  for (let line = 1; line <= lines; line += 1) {
    const shown = hasBadLines && line % badEvery === 0 ? 'bad' : String(line)
    parts.push(`${run},${content},${shown}`)
  }
  return `${parts.join('\n')}\n`
}

/** One reading per second, the last one now. */
function readingsOf(run: string, { content, lines }: DroppedFile): string {
  const vin = vinOf(run, content)
  const endMs = Date.now()
  const parts = ['vin,timestamp,latitude,longitude,speed']
  for (let line = 1; line <= lines; line += 1) {
    const at = new Date(endMs - (lines - line) * 1_000).toISOString()
    parts.push(`${vin},${at},47.5,8.7,${line % 30}`)
  }
  return `${parts.join('\n')}\n`
}

/** How many rows and dead letters the content should become. */
export function effectsOf({ route, lines }: DroppedFile, hasBadLines: boolean) {
  if (route === 'command') return { rows: 1, letters: 0 }
  const letters = hasBadLines ? Math.floor(lines / badEvery) : 0
  return { rows: lines - letters, letters }
}
