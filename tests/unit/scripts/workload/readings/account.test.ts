import { expect } from 'chai'
import type { FoundRow, SentReading } from '../../../../../scripts/workload/readings/account.ts'
import { Account } from '../../../../../scripts/workload/readings/account.ts'

const rowOf = ({ vin, timestamp, sequence, speed }: SentReading): FoundRow => [
  vin,
  Date.parse(timestamp),
  sequence,
  speed,
]

/** More than the initial capacity. */
const many = Array.from({ length: 3_000 }, (_, index) => 1_769_860_800_000 + index)

describe('LineAccount', () => {
  it('reports no loss if each acknowledged reading is one row', () => {
    const line = new Account('V').openLine()
    const readings = line.createReadings(many)
    expect(line.acknowledge(readings)).to.equal(3_000)
    expect(line.compare(readings.map(rowOf))).to.deep.equal({
      stored: 3_000,
      lost: 0,
      duplicates: 0,
    })
  })

  it('counts each acknowledgement of a reading once', () => {
    const line = new Account('V').openLine()
    const readings = line.createReadings([1, 2])
    expect([line.acknowledge(readings), line.acknowledge(readings)]).to.deep.equal([2, 0])
  })

  it('reports an acknowledged reading without a row as lost, but not an unacknowledged one', () => {
    const line = new Account('V').openLine()
    const [first, second] = [line.createReadings([1]), line.createReadings([2])]
    line.acknowledge(first)
    expect(line.compare([])).to.deep.equal({ stored: 0, lost: 1, duplicates: 0 })
    expect(line.compare(second.map(rowOf))).to.deep.equal({ stored: 1, lost: 1, duplicates: 0 })
  })

  it('reports rows that exist twice or were never sent as duplicates', () => {
    const line = new Account('V').openLine()
    const readings = line.createReadings([7])
    line.acknowledge(readings)
    const [vin, at, sequence, speed] = rowOf(readings[0]!)
    const unknownRows: FoundRow[] = [
      [vin, at, sequence, speed],
      [vin, at + 1, sequence, speed],
      [vin, at, sequence + 1, speed],
      [`${vin}0`, at, sequence, speed],
    ]
    const rows = [rowOf(readings[0]!), ...unknownRows]
    expect(line.compare(rows)).to.deep.equal({ stored: 1, lost: 0, duplicates: 4 })
  })

  it('does not accept a row with other content for an acknowledged reading', () => {
    const line = new Account('V').openLine()
    const readings = line.createReadings([7])
    line.acknowledge(readings)
    const [vin, at, sequence, speed] = rowOf(readings[0]!)
    expect(line.compare([[vin, at, sequence, speed + 1]])).to.deep.equal({
      stored: 0,
      lost: 1,
      duplicates: 1,
    })
  })

  it('uses different vehicles for each line', () => {
    const account = new Account('V')
    const vins = [account.openLine(), account.openLine()].flatMap((line) => line.vins)
    expect(new Set(vins).size).to.equal(40)
    expect(account.lines).to.have.length(2)
  })
})
