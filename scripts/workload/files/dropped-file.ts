import type { Random } from '../../../fleet/random.ts'

/** A file that the workload drops. Its rows name the file and the line. */

/**
 * - `plain`: good lines;
 * - `bad-lines`: every tenth line becomes a dead letter;
 * - `repeated`: the content of an earlier file, which is not loaded again.
 */
type Kind = 'plain' | 'bad-lines' | 'repeated'

export type DroppedFile = {
  readonly name: string
  /** The number of its content, which is in its rows. */
  readonly content: number
  readonly kind: Kind
  readonly lines: number
}

/** One of this many lines is bad. */
const badEvery = 10
const [leastLines, maxLines] = [1, 400]
/** The share of files with bad lines, and of those that repeat an earlier content. */
const [badShare, repeatedShare] = [0.1, 0.05]

/** @param number of the file in the run; earlier files may be repeated */
export function drawFile(
  run: string,
  number: number,
  { random, earlier }: { readonly random: Random; readonly earlier: readonly DroppedFile[] },
): DroppedFile {
  const name = nameOf(run, number)
  const draw = random()
  const [first] = earlier
  if (draw < repeatedShare && first !== undefined) {
    const again = earlier[Math.floor(random() * earlier.length)] ?? first
    return { ...again, name, kind: 'repeated' }
  }
  const lines = leastLines + Math.floor(random() * (maxLines - leastLines))
  const kind = draw < repeatedShare + badShare ? 'bad-lines' : 'plain'
  return { name, content: number, kind, lines }
}

const nameOf = (run: string, number: number): string =>
  `${run}-${String(number).padStart(6, '0')}.csv`

export function textOf(run: string, { content, lines }: DroppedFile, hasBadLines: boolean): string {
  const parts = ['run,content,line']
  for (let line = 1; line <= lines; line += 1) {
    const shown = hasBadLines && line % badEvery === 0 ? 'bad' : String(line)
    parts.push(`${run},${content},${shown}`)
  }
  return `${parts.join('\n')}\n`
}

/** How many rows and dead letters the content should become. */
export function effectsOf({ lines }: DroppedFile, hasBadLines: boolean) {
  const letters = hasBadLines ? Math.floor(lines / badEvery) : 0
  return { rows: lines - letters, letters }
}
