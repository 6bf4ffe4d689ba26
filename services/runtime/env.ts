import { parseDecimal, parseWhole } from './parse-number.ts'
import { readRegularFile } from './process/regular-file.ts'
import { expectedTokenFile, readTokenFile } from './process/token-file.ts'

/** Secrets have one line. */
const maxFileBytes = 1024 * 1024

/** Lists all invalid environment variables of a service, so that one start reports all of them. */
export class EnvironmentError extends Error {
  readonly code = 'INVALID_ENVIRONMENT'
  constructor(faults: readonly string[]) {
    super(`Invalid environment variables:\n  ${faults.join('\n  ')}`)
    this.name = 'EnvironmentError'
  }
}

/**
 * Reads the environment variables of a service. Each method returns a value of the right type even
 * after an error, so that `finish` can report all errors together.
 */
export class EnvironmentReader {
  readonly #source: Readonly<Record<string, string | undefined>>
  readonly #faults: string[] = []

  constructor(source: Readonly<Record<string, string | undefined>>) {
    this.#source = source
  }

  text(name: string, expected: string): string {
    const value = this.#source[name]
    if (value === undefined || value === '') this.#fault(name, 'is not set', expected)
    return value ?? ''
  }

  optionalText(name: string): string | undefined {
    return this.#source[name] === '' ? undefined : this.#source[name]
  }

  number(name: string, expected: string): number {
    const value = this.text(name, expected)
    const number = parseDecimal(value)
    if (value !== '' && !Number.isFinite(number)) this.#fault(name, `is "${value}"`, expected)
    return number
  }

  positiveInteger(name: string, expected: string): number {
    return this.#integerFrom(1, name, expected)
  }

  /** Undefined if the variable is not set. */
  optionalPositiveInteger(name: string, expected: string): number | undefined {
    return this.optionalText(name) === undefined ? undefined : this.positiveInteger(name, expected)
  }

  /** An integer of 0 or more. */
  count(name: string, expected: string): number {
    return this.#integerFrom(0, name, expected)
  }

  #integerFrom(minimum: number, name: string, expected: string): number {
    const text = this.text(name, expected)
    const value = parseWhole(text)
    if (text !== '' && !(Number.isInteger(value) && value >= minimum)) {
      this.#fault(name, `is "${text}"`, expected)
    }
    return value
  }

  flag(name: string): boolean {
    const text = this.text(name, 'true or false')
    this.expect(['', 'true', 'false'].includes(text), name, 'true or false')
    return text === 'true'
  }

  list(name: string, expected: string): string[] {
    const text = this.text(name, expected)
    const items = text.split(',').map((item) => item.trim())
    const list = items.filter((item) => item !== '')
    if (text !== '' && list.length === 0) this.#fault(name, `is "${text}"`, expected)
    return list
  }

  /** Addresses as `host:port`, separated by commas, IPv6 hosts in brackets. */
  addresses(name: string, expected: string): { host: string; port: number }[] {
    const items = this.list(name, expected)
    const addresses = items.flatMap((item) => toAddress(item) ?? [])
    if (addresses.length < items.length) this.#fault(name, `is "${items.join(',')}"`, expected)
    return addresses
  }

  /** Records an error if `holds` is false. For rules that concern several variables. */
  expect(holds: boolean, name: string, expected: string): void {
    if (!holds) this.#fault(name, `is "${this.#source[name] ?? ''}"`, expected)
  }

  /** The trimmed content of the file whose path is in the variable. Secrets are passed this way. */
  fileContent(name: string, expected: string): string {
    const path = this.text(name, expected)
    return path === '' ? '' : (this.#readFile(name, path, expected) ?? '')
  }

  /** The bearer token in the file whose path is in the variable; undefined if the variable is not set. */
  optionalToken(name: string): string | undefined {
    const path = this.optionalText(name)
    if (path === undefined) return undefined
    const found = readTokenFile(path)
    if (found.kind === 'token') return found.token
    this.#faults.push(`${name} is ${path}, which ${found.fault}; ${expectedTokenFile}.`)
    return undefined
  }

  #readFile(name: string, path: string, expected: string): string | undefined {
    try {
      const content = readRegularFile(path, maxFileBytes).toString('utf8').trim()
      if (content === '') this.#fault(name, `names the empty file ${path}`, expected)
      return content
    } catch (error) {
      this.#fault(name, `names a file that cannot be read (${(error as Error).message})`, expected)
      return undefined
    }
  }

  #fault(name: string, what: string, expected: string): void {
    this.#faults.push(`${name} ${what}; it should be ${expected}.`)
  }

  /** @throws EnvironmentError if any variable is invalid */
  finish<T>(value: T): T {
    if (this.#faults.length > 0) throw new EnvironmentError(this.#faults)
    return value
  }
}

function toAddress(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2] ?? 0)
  if (match === null || port < 1 || port > 65_535) return undefined
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
}
