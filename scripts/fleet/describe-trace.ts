import type { Gap } from '../../fleet/trace/gaps.ts'
import { gapsOf } from '../../fleet/trace/gaps.ts'
import type { Trace } from '../../fleet/trace/parse-trace.ts'
import { describeFault } from '../../fleet/trace/trace-error.ts'
import { toIsoMicroseconds } from '../../services/telemetry/time.ts'
import { countNoun } from './fleet-in-process.ts'

/** More gaps or left-out points than this are only counted. */
const maxShown = 5

/** Lines that say how long a recorded drive is, which gaps it has, and what is left out. */
export function describeTrace({ file, fixes, segments, leftOut }: Trace): string[] {
  const [first, last] = [fixes[0]?.recordedAt ?? 0, fixes.at(-1)?.recordedAt ?? 0]
  const parts = segments === 1 ? '' : ` in ${segments} track segments`
  const second = `${toIsoMicroseconds(first).slice(0, 19)}Z`
  return [
    `The recorded drive lasts ${toDuration(last - first)}: ${countNoun(fixes.length, 'reading')}${parts}, recorded from ${second}.`,
    ...describeGaps(gapsOf(fixes)),
    ...describeLeftOut(file, leftOut),
  ]
}

function describeGaps(gaps: readonly Gap[]): string[] {
  if (gaps.length === 0) return ['It has no gaps.']
  const longest = gaps.toSorted((a, b) => b.durationMicros - a.durationMicros).slice(0, maxShown)
  const lines = gaps
    .filter((gap) => longest.includes(gap))
    .map(
      ({ afterMicros, durationMicros }) =>
        `  after ${toDuration(afterMicros)}: no reading for ${toDuration(durationMicros)}`,
    )
  const shown = gaps.length > maxShown ? `. The ${maxShown} longest` : ''
  return [`It has ${countNoun(gaps.length, 'gap')}${shown}:`, ...lines]
}

function describeLeftOut(file: string, leftOut: Trace['leftOut']): string[] {
  if (leftOut.length === 0) return []
  const shown = leftOut.slice(0, maxShown).map((fault) => `  ${describeFault(fault)}`)
  const which = leftOut.length > maxShown ? `. The first ${maxShown}` : ''
  return [`${countNoun(leftOut.length, 'point')} of ${file} left out${which}:`, ...shown]
}

const secondsPerMinute = 60
const secondsPerHour = 3600
const secondsPerDay = 86_400

/** The two largest units, for example `1 h 5 min` or `9 s`. */
function toDuration(micros: number): string {
  const seconds = Math.round(micros / 1e6)
  const parts = [
    [Math.floor(seconds / secondsPerDay), 'd'],
    [Math.floor((seconds % secondsPerDay) / secondsPerHour), 'h'],
    [Math.floor((seconds % secondsPerHour) / secondsPerMinute), 'min'],
    [seconds % secondsPerMinute, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
