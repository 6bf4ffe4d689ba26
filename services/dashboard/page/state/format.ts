/** Numbers and times as text for users. Every quantity has its unit. */

type Formats = {
  readonly wholeNumber: Intl.NumberFormat
  readonly oneDecimal: Intl.NumberFormat
  readonly time: Intl.DateTimeFormat
  readonly minute: Intl.DateTimeFormat
  readonly day: Intl.DateTimeFormat
  readonly dayOfYear: Intl.DateTimeFormat
  readonly zone: Intl.DateTimeFormat
  readonly usesMiles: boolean
}

/** Regions whose road signs are in miles (CLDR, measurementSystem for road distances). */
const regionsWithMiles: readonly (string | undefined)[] = ['US', 'GB', 'LR', 'MM']

/** English numbers and kilometres, until `setLanguage` is called. */
let formats = formatsOf('en-001')

/**
 * Sets the language of numbers, dates and times, and the units of its region.
 *
 * @param language BCP 47, e.g. `de-AT` (as in `navigator.language`)
 */
export function setLanguage(language: string): void {
  formats = formatsOf(language)
}

function formatsOf(language: string): Formats {
  const minute = { hour: 'numeric', minute: '2-digit' } as const
  const time = { ...minute, second: '2-digit' } as const
  return {
    wholeNumber: new Intl.NumberFormat(language, { maximumFractionDigits: 0 }),
    oneDecimal: new Intl.NumberFormat(language, { maximumFractionDigits: 1 }),
    time: new Intl.DateTimeFormat(language, time),
    minute: new Intl.DateTimeFormat(language, minute),
    day: new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' }),
    dayOfYear: new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' }),
    zone: new Intl.DateTimeFormat(language, { ...time, timeZoneName: 'short' }),
    usesMiles: regionsWithMiles.includes(new Intl.Locale(language).maximize().region),
  }
}

export function formatCount(count: number): string {
  return formats.wholeNumber.format(count)
}

const metresPerMile = 1_609.344
const metresPerFoot = 0.3048

/** Whether roads are measured in miles where the browser's language is spoken. */
export function usesMiles(): boolean {
  return formats.usesMiles
}

/** `km/h` or `mph`. */
export function speedUnit(): string {
  return formats.usesMiles ? 'mph' : 'km/h'
}

/**
 * Returns a speed in `speedUnit`.
 *
 * @param speed metres a second
 */
export function toSpeedUnit(speed: number): number {
  return (speed * 3_600) / (formats.usesMiles ? metresPerMile : 1_000)
}

/** @param speed metres a second; null if it is not known */
export function formatSpeed(speed: number | null): string {
  return speed === null ? '–' : `${formatCount(toSpeedUnit(speed))} ${speedUnit()}`
}

/** In metres and kilometres, or in feet and miles. */
export function formatDistance(metres: number): string {
  const [large, small] = formats.usesMiles
    ? ([
        { name: 'mi', metres: metresPerMile },
        { name: 'ft', metres: metresPerFoot },
      ] as const)
    : ([
        { name: 'km', metres: 1_000 },
        { name: 'm', metres: 1 },
      ] as const)
  return metres < large.metres
    ? `${formatCount(metres / small.metres)} ${small.name}`
    : `${formats.oneDecimal.format(metres / large.metres)} ${large.name}`
}

/** @param rate per second */
export function formatRate(rate: number): string {
  return `${rate < 10 ? formats.oneDecimal.format(rate) : formatCount(rate)}/s`
}

/** @param milliseconds a latency */
export function formatLatency(milliseconds: number): string {
  if (milliseconds < 1000) return `${formatCount(milliseconds)} ms`
  return milliseconds < 60_000
    ? `${formats.oneDecimal.format(milliseconds / 1000)} s`
    : formatDuration(milliseconds)
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** In units of 1,000: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0]
  for (; value >= 999.5 && unit < byteUnits.length - 1; unit += 1) value /= 1_000
  const number = unit > 0 && value < 10 ? formats.oneDecimal.format(value) : formatCount(value)
  return `${number} ${byteUnits[unit] ?? ''}`
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** The two largest units: `2 min 5 s`, `3 h 20 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const first = units.findIndex(([, length]) => seconds >= length)
  if (first === -1) return '0 s'
  const parts = units.slice(first, first + 2).map(([name, length], at, shown) => {
    const rest = at === 0 ? seconds : seconds % (shown[0]?.[1] ?? 1)
    return { name, count: Math.floor(rest / length) }
  })
  return parts
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(' ')
}

/** An age: `5 s ago`; below two seconds `just now`. */
export function formatAge(milliseconds: number): string {
  return milliseconds < 2000 ? 'just now' : `${formatDuration(milliseconds)} ago`
}

const compass = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'] as const

/** The compass direction and the degrees: `NE 45°`. */
export function formatHeading(heading: number): string {
  return `${compass[Math.round(heading / 45) % 8] ?? 'N'} ${formatCount(heading % 360)}°`
}

export function formatPosition(latitude: number, longitude: number): string {
  const north = `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}`
  return `${north}, ${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? 'W' : 'E'}`
}

/** The time of day with seconds, in local time. */
export function formatTime(at: number): string {
  return formats.time.format(at)
}

/** The time of day without seconds, in local time. */
export function formatMinute(at: number): string {
  return formats.minute.format(at)
}

/** The date in local time. */
export function formatDay(at: number): string {
  return formats.day.format(at)
}

/** The date in local time without the year. */
export function formatDayOfYear(at: number): string {
  return formats.dayOfYear.format(at)
}

export function isSameDay(left: number, right: number): boolean {
  return toDateInput(left) === toDateInput(right)
}

/** The time with its zone, in local time; with the date if it is on another day than `now`. */
export function formatMoment(at: number, now: number): string {
  const time = formats.zone.format(at)
  return isSameDay(at, now) ? time : `${formatDay(at)}, ${time}`
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** The value of a field for a time, in local time: `19:04`. */
export function toTimeInput(at: number): string {
  const date = new Date(at)
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`
}

/** The value of a field for a date, in local time: `2026-11-21`. */
export function toDateInput(at: number): string {
  const date = new Date(at)
  const year = String(date.getFullYear()).padStart(4, '0')
  return `${year}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`
}

/** The name of the device, otherwise make and model as far as they are known, otherwise the vin. */
export function formatVehicleName({ name, vin, ...vehicle }: NamedVehicle): string {
  return name ?? (formatModel(vehicle) || vin)
}

/** Make and model as far as they are known. */
export function formatModel({ make, model }: Pick<NamedVehicle, 'make' | 'model'>): string {
  return [make, model].filter(Boolean).join(' ')
}

type NamedVehicle = {
  readonly name?: string
  readonly make: string | null
  readonly model: string | null
  readonly vin: string
}
