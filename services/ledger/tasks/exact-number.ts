/** A JSON number that a double does not hold exactly, as its text. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** The JSON of a value, with all digits of its numbers. What JSON does not have is null. */
export function toExactJson(value: unknown): string {
  if (isPlain(value)) return JSON.stringify(value)
  if (value instanceof ExactNumber) return value.text
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(toExactJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return 'null'
  if ('toJSON' in value && typeof value.toJSON === 'function') return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toExactJson(member)}`).join(',')}}`
}

/** Whether it is a text, a number of JavaScript, a boolean or null, or an object of only these. */
function isPlain(value: unknown): boolean {
  if (isScalar(value)) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  for (const name in value) if (!isScalar((value as Record<string, unknown>)[name])) return false
  return !(value instanceof ExactNumber)
}

function isScalar(value: unknown): boolean {
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' || value === null
}
