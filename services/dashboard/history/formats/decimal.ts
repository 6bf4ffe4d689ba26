const exponentForm = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/

/**
 * Writes a number without an exponent: XML schema's decimal type has none, and some programs read
 * none. The result has the same value as `String(value)`.
 */
export function toDecimal(value: number): string {
  const text = String(value)
  const [, sign = '', whole = '', fraction = '', exponent] = exponentForm.exec(text) ?? []
  if (exponent === undefined) return text
  const digits = `${whole}${fraction}`
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  const padded = digits.padEnd(point, '0')
  const rest = padded.slice(point)
  return `${sign}${padded.slice(0, point)}${rest === '' ? '' : `.${rest}`}`
}
