import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { chosenBenches } from '../../../../scripts/bench/all-benches.ts'
import type { Figure } from '../../../../scripts/bench/bench.ts'
import { median, medianWithSpread } from '../../../../scripts/bench/bench.ts'
import { chartOf, drawCharts } from '../../../../scripts/bench/charts/charts.ts'
import { formatValue, figuresToJson, formatFiguresTable } from '../../../../scripts/bench/report.ts'
import { UserError } from '../../../../infra/checks/user-error.ts'
import { root } from '../../../../scripts/platform/paths.ts'

const full: Figure = {
  name: 'sink',
  value: 80_000,
  spread: [75_000, 90_000],
  unit: 'rows/s',
  limit: 100_000,
  bar: '≥ 0.85 of the bare line',
  met: false,
  note: 'what bound it',
}
const bare: Figure = { name: 'cost', value: 0.1234, unit: 'cores' }

describe('the report of npm run bench', () => {
  it('is a table that shows the limit line and the ratio of each figure', () => {
    const lines = formatFiguresTable([full, bare]).split('\n')
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).to.deep.equal([
      'name | measured | spread | limit line | ratio | bar | met | note',
      lines[1],
      'sink | 80.0 k rows/s | 75.0 k – 90.0 k | 100 k | 0.80 | ≥ 0.85 of the bare line | NO | what bound it',
      'cost | 0.123 cores | | | | | |',
    ])
  })

  it('is JSON in which missing fields are null', () => {
    expect(JSON.parse(figuresToJson([full, bare]))).to.deep.equal([
      { ...full, ratio: 0.8 },
      {
        ...bare,
        spread: null,
        limit: null,
        ratio: null,
        bar: null,
        met: null,
        note: null,
      },
    ])
  })

  it('shows three significant digits', () => {
    const shown = [0.1234, 12.34, 123.4, 1_234, 12_345, 123_456, 1_234_567].map(formatValue)
    expect(shown).to.deep.equal(['0.123', '12.3', '123', '1234', '12.3 k', '123 k', '1.23 M'])
  })

  it('shows the median of several runs and their spread', () => {
    expect(medianWithSpread([5, 1, 3])).to.deep.equal({ value: 3, spread: [1, 5] })
    expect(median([4, 2])).to.equal(2)
  })
})

describe('the charts of npm run bench', () => {
  it('are not changed by a run of other benchmarks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'charts-'))
    try {
      expect(drawCharts([{ ...full, name: 'catch-up', unit: 'rows/s' }], folder)).to.deep.equal([])
      const drawn = drawCharts([{ ...full, name: 'sink', unit: 'rows/s' }], folder)
      expect(drawn).to.deep.equal(['bench-sink.svg'])
      expect(readdirSync(folder)).to.deep.equal(drawn)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('have bars in proportion to the longest one, and a tick at the limit line', () => {
    const svg = chartOf('Rows', [full])
    expect(svg).to.include('<rect class="measured" x="266" y="44" width="304" height="16" rx="2"/>')
    expect(svg).to.include('<rect class="limit" x="645" y="40" width="3" height="24" rx="1"/>')
    expect(chartOf('Rows', [bare])).not.to.include('class="limit"')
  })
})

describe('all benchmarks', () => {
  it('are named in docs/benchmarks.md', () => {
    const page = readFileSync(join(root, 'docs', 'benchmarks.md'), 'utf8')
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    const described = rows.flatMap(
      (row) => (row.split('|')[1] ?? '').match(/(?<=`)[\w-]+(?=`)/g) ?? [],
    )
    const names = chosenBenches([]).map(({ name }) => name)
    expect(names.filter((name) => !described.includes(name))).to.deep.equal([])
  })
})

describe('chosenBenches', () => {
  it('returns all benchmarks without names, else the named ones in the order of measuring', () => {
    expect(chosenBenches([]).length).to.equal(30)
    const names = chosenBenches(['rest', 'sink']).map(({ name }) => name)
    expect(names).to.deep.equal(['sink', 'rest'])
  })

  it('rejects an unknown name with the list of known names', () => {
    expect(() => chosenBenches(['speed'])).to.throw(
      UserError,
      'Unknown benchmark: speed. Known benchmarks: sink, sink-duplicates, sink-poison, declared-append,',
    )
  })
})
