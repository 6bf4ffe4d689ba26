const timePattern =
  /^(\d{4,}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/**
 * A time of a GPX file with its offset. A time without offset is in UTC, as GPX 1.1 says. Other texts stay, so that
 * their columns refuse them.
 */
export function toUtcTime(text: string): string {
  const parts = timePattern.exec(text)
  if (parts === null) return text
  const [, day = '', minutes = '', seconds = ':00', offset = 'Z'] = parts
  return `${day}T${minutes}${seconds.replace(',', '.')}${toOffset(offset)}`
}

function toOffset(offset: string): string {
  if (offset.toUpperCase() === 'Z') return 'Z'
  return `${offset.slice(0, 3)}:${offset.slice(3).replace(':', '') || '00'}`
}
