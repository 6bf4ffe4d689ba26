import pg from 'pg'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { to as copyTo } from 'pg-copy-streams'
import { peakMegabytes } from '../machine.ts'
import { readOrder } from './read-order.ts'

// The limit line of `vehicle-hour`: reads the readings of the hour in the order of their key with a binary
// `COPY`, without those around the hour, and adds up their numbers. It computes no trips and writes nothing.

export type BareHourOrder = {
  readonly postgres: PostgresSettings
  readonly table: string
  /** The beginning of the hour, in microseconds since the Unix epoch. */
  readonly hour: number
}

/** The printed result. */
export type HourRun = {
  readonly rows: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

const { postgres, table, hour } = readOrder() as BareHourOrder
const [from, to] = [hour, hour + 3_600_000_000].map((at) => new Date(at / 1000).toISOString())
const statement = `COPY (
  SELECT vin, recorded_at, longitude, latitude, speed FROM "${table}"
  WHERE recorded_at >= '${from}' AND recorded_at < '${to}'
  ORDER BY vin, recorded_at, sequence
) TO STDOUT (FORMAT binary)`

/** Bytes before the first row, and of the fields after the vin with their lengths. */
const headerBytes = 19
const numberBytes = 4 * 12

const client = new pg.Client(connectionOf(postgres))
await client.connect()
const since = performance.now()
const cpuBefore = process.cpuUsage()
let rows = 0
let sum = 0
let rest = Buffer.alloc(0)
let skip = headerBytes
for await (const chunk of client.query(copyTo(statement))) {
  const bytes = Buffer.concat([rest, chunk as Buffer])
  let at = skip
  skip = 0
  while (at + 6 <= bytes.length) {
    const end = at + 6 + bytes.readInt32BE(at + 2) + numberBytes
    if (end > bytes.length) break
    const times = end - numberBytes + 4
    sum += bytes.readInt32BE(times) * 2 ** 32 + bytes.readUInt32BE(times + 4)
    for (let field = 1; field < 4; field += 1) sum += bytes.readDoubleBE(times + field * 12)
    rows += 1
    at = end
  }
  rest = bytes.subarray(at)
}
const seconds = (performance.now() - since) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
if (Number.isNaN(sum)) throw new Error('A row was read wrongly.')
const run: HourRun = {
  rows,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMegabytes: peakMegabytes(process.pid),
}
process.stdout.write(JSON.stringify(run))
await client.end()
