import uPlot from 'uplot'
import { formatMinute, formatTime } from '../state/format.ts'
import { loneValues } from '../state/lone-values.ts'
import { onThemeChange, readTheme } from '../map/base/theme.ts'
import type { Theme } from '../map/base/theme.ts'
import { h, setText } from './dom.ts'

type Line = {
  readonly label: string
  /** Selects the line's colour. */
  readonly colour: (theme: Theme) => string
  readonly isDashed?: boolean
  readonly isFilled?: boolean
}

export type ChartOptions = {
  readonly lines: readonly Line[]
  readonly height: number
  readonly format: (value: number) => string
  /** Called on a click with the time under the pointer, in seconds since the Unix epoch. */
  readonly onPick?: (seconds: number) => void
  /** Charts with the same key have synchronized cursors. */
  readonly syncKey?: string
}

/** Seconds since the Unix epoch, then the values of each line; null = no value. */
export type ChartValues = readonly [readonly number[], ...(readonly (readonly (number | null)[])[])]

/** Grid steps: 1, 2 and 5 times powers of ten, because labels are whole numbers. */
const axisIncrements = Array.from({ length: 9 }, (_, power) =>
  [1, 2, 5].map((factor) => factor * 10 ** power),
).flat()

/** Steps of the time axis in seconds. Labels show whole seconds. */
const timeIncrements = [
  ...[1, 2, 5, 10, 15, 30].flatMap((step) => [step, step * 60]),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 192].map((hours) => hours * 3_600),
].sort((left, right) => left - right)

/** The width of a label's character, and the space around a label. */
const [characterPx, labelMarginPx] = [6.2, 16]
/** The time axis around a single value, in seconds to each side. */
const singleValueMargin = 30

/** A small chart over time. It fills the width of its host and uses the colours of the theme. */
export class Chart {
  readonly #host: HTMLElement
  readonly #options: ChartOptions
  readonly #empty = h('p', { class: 'chart-empty dim' })
  #plot: uPlot | undefined
  #values: ChartValues
  #markedSeconds: number | undefined

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host
    this.#options = options
    this.#values = [[], ...options.lines.map(() => [])]
    host.classList.add('chart')
    host.append(this.#empty)
    onThemeChange(() => {
      this.#plot?.destroy()
      this.#plot = undefined
      this.#draw()
    })
    new ResizeObserver(() => {
      this.#draw()
    }).observe(host)
    host.addEventListener('click', (event) => {
      this.#pick(event)
    })
  }

  /** @param emptyText is shown in place of the chart if there are no values */
  show(values: ChartValues, emptyText = ''): void {
    this.#values = values
    const isEmpty = emptyText !== '' && values[0].length === 0
    setText(this.#empty, isEmpty ? emptyText : '')
    this.#host.classList.toggle('empty-chart', isEmpty)
    this.#draw()
    this.#plot?.setData(values as unknown as uPlot.AlignedData)
  }

  /** Draws a vertical line at a time, in seconds since the Unix epoch. */
  mark(seconds: number | undefined): void {
    this.#markedSeconds = seconds
    this.#plot?.redraw(false)
  }

  #draw(): void {
    const width = this.#host.clientWidth
    const { height } = this.#options
    if (width === 0) return
    if (this.#plot) {
      if (this.#plot.width !== width) this.#plot.setSize({ width, height })
      return
    }
    const values = this.#values as unknown as uPlot.AlignedData
    this.#plot = new uPlot(this.#plotOptions(width, readTheme()), values, this.#host)
  }

  #plotOptions(width: number, theme: Theme): uPlot.Options {
    const { lines, height, format, syncKey } = this.#options
    const axis = {
      stroke: theme.dim,
      grid: { stroke: theme.line, width: 1 },
      ticks: { show: false },
      font: '11px Inter Variable, system-ui, sans-serif',
    }
    return {
      width,
      height,
      padding: [8, 36, 6, 0],
      legend: {
        show: lines.length > 1,
        markers: {
          width: 2,
          dash: (_, at) => (lines[at - 1]?.isDashed === true ? 'dashed' : 'solid'),
        },
      },
      cursor: {
        points: { size: 6 },
        y: false,
        ...(syncKey !== undefined && { sync: { key: syncKey } }),
      },
      scales: {
        x: { range: timeRange },
        y: { range: (_, _least, most) => [0, most > 0 ? most * 1.15 : 1] },
      },
      axes: [
        { ...axis, ...timeAxis },
        {
          ...axis,
          size: (_, labels) => widthOf(labels),
          space: 26,
          incrs: axisIncrements,
          values: (_, splits) => splits.map(format),
        },
      ],
      series: [
        { value: (_, seconds) => clockText(seconds) },
        ...lines.map((line) => seriesOf(line, theme, format)),
      ],
      hooks: { draw: [(plot) => this.#drawMark(plot, theme)] },
    }
  }

  #drawMark(plot: uPlot, theme: Theme): void {
    if (this.#markedSeconds === undefined) return
    const x = Math.round(plot.valToPos(this.#markedSeconds, 'x', true))
    const { left, top, width, height } = plot.bbox
    if (x < left || x > left + width) return
    plot.ctx.fillStyle = theme.ink
    plot.ctx.fillRect(x - devicePixelRatio / 2, top, devicePixelRatio, height)
  }

  #pick(event: MouseEvent): void {
    const { onPick } = this.#options
    if (
      !onPick ||
      !this.#plot ||
      !(event.target instanceof Node) ||
      !this.#plot.over.contains(event.target)
    )
      return
    const { left } = this.#plot.over.getBoundingClientRect()
    onPick(this.#plot.posToVal(event.clientX - left, 'x'))
  }
}

const timeAxis: uPlot.Axis = {
  grid: { show: false },
  size: 22,
  space: 80,
  incrs: timeIncrements,
  values: clockTexts,
}

function seriesOf(line: Line, theme: Theme, format: (value: number) => string): uPlot.Series {
  const stroke = line.colour(theme)
  return {
    label: line.label,
    stroke,
    width: 1.5,
    ...(line.isDashed === true && { dash: [5, 3] }),
    ...(line.isFilled === true && { fill: `color-mix(in srgb, ${stroke} 14%, transparent)` }),
    points: {
      show: false,
      size: 4,
      filter: (plot, at) => loneValues(plot.data[at] ?? []),
    },
    value: (_, value: number | null) => (value === null ? '–' : format(value)),
  }
}

function widthOf(labels: readonly string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map(({ length }) => length))
  return Math.max(44, longest * characterPx + labelMarginPx)
}

function timeRange(_: uPlot, first: number | null, last: number | null): uPlot.Range.MinMax {
  if (first === null || last === null || first !== last) return [first, last]
  return [first - singleValueMargin, last + singleValueMargin]
}

function clockText(seconds: number | null): string {
  return seconds === null ? '–' : formatTime(seconds * 1000)
}

function clockTexts(_: uPlot, splits: number[]): string[] {
  const showSeconds = splits.some((at) => at % 60 !== 0)
  return splits.map((at) => (showSeconds ? clockText(at) : formatMinute(at * 1000)))
}
