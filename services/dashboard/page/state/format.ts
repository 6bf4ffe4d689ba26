/** Numbers and times as text for users. Every quantity has its unit. */

const wholeNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export function formatCount(count: number): string {
  return wholeNumber.format(count)
}

/** @param speed metres a second */
export function toKmh(speed: number): number {
  return speed * 3.6
}

/** @param speed metres a second */
export function formatSpeed(speed: number): string {
  return `${wholeNumber.format(toKmh(speed))} km/h`
}

/** @param metres a distance */
export function formatDistance(metres: number): string {
  return metres < 1000
    ? `${wholeNumber.format(metres)} m`
    : `${oneDecimal.format(metres / 1000)} km`
}

/** @param rate per second */
export function formatRate(rate: number): string {
  return `${rate < 10 ? oneDecimal.format(rate) : wholeNumber.format(rate)}/s`
}

/** @param milliseconds a latency */
export function formatLatency(milliseconds: number): string {
  if (milliseconds < 1000) return `${wholeNumber.format(milliseconds)} ms`
  return milliseconds < 60_000
    ? `${oneDecimal.format(milliseconds / 1000)} s`
    : formatDuration(milliseconds)
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
  return `${compass[Math.round(heading / 45) % 8] ?? 'N'} ${wholeNumber.format(heading % 360)}°`
}

export function formatPosition(latitude: number, longitude: number): string {
  const north = `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}`
  return `${north}, ${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? 'W' : 'E'}`
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** `19:04:05` in local time. */
export function formatTime(at: number): string {
  const date = new Date(at)
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`
}

/** `19:04` in local time. */
export function formatMinute(at: number): string {
  return formatTime(at).slice(0, 5)
}

/** `2026-11-21` in local time. */
export function formatDay(at: number): string {
  const date = new Date(at)
  const year = String(date.getFullYear()).padStart(4, '0')
  return `${year}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`
}

/** Make and model, as far as they are known. */
export function formatVehicleName({
  make,
  model,
}: {
  make: string | null
  model: string | null
}): string {
  return [make, model].filter(Boolean).join(' ') || 'Vehicle'
}
