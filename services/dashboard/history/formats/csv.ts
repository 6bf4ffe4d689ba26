import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import { csvText } from './csv-text.ts'
import { toDecimal } from './decimal.ts'
import type { Track } from './track.ts'

/** One line for each reading, also for positions that are not part of a line. */
export function toCsv({ vin, name, readings }: Track): string {
  const nameField = csvText(name)
  const lines = readings.map((reading) => {
    const { at, sequence, latitude, longitude, altitude, speed, heading } = reading
    const numbers = [sequence, latitude, longitude, altitude, speed, heading]
    const texts = numbers.map((number) => (number === null ? '' : toDecimal(number)))
    const reference = altitude === null ? '' : reading.altitudeReference
    return [vin, toIsoMicroseconds(at), ...texts, reference, nameField].join(',')
  })
  const header =
    'vin,timestamp,sequence,latitude,longitude,altitude_m,speed_m_s,heading_deg,altitude_reference,name'
  return [header, ...lines, ''].join('\r\n')
}
