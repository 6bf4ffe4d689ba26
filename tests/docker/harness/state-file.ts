import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Properties } from './resource-kind.ts'

/** A resource that the harness has made, or has begun to make. */
export type Made = {
  readonly type: string
  readonly name: string
  readonly inputs: Properties
  /** The declaration with all that decides whether a later one is the same. */
  readonly declaration: string
  /** Undefined as long as it is not known to be done. */
  readonly outputs?: Properties
  /** Whether the engine keeps it when it is removed from the state. */
  readonly isKept: boolean
}

export const keyOf = ({ type, name }: Pick<Made, 'type' | 'name'>): string => `${type}::${name}`

/** What a stack consists of, in the order in which it was declared; written at each change. */
export class StateFile {
  readonly #path: string
  readonly #resources = new Map<string, Made>()

  constructor(path: string) {
    this.#path = path
    if (!existsSync(path)) return
    const list = JSON.parse(readFileSync(path, 'utf8')) as Made[]
    for (const made of list) this.#resources.set(keyOf(made), made)
  }

  get(key: string): Made | undefined {
    return this.#resources.get(key)
  }

  /** Adds or moves the resource to the end. */
  put(made: Made): void {
    this.#resources.delete(keyOf(made))
    this.#resources.set(keyOf(made), made)
    this.#write()
  }

  remove(key: string): void {
    this.#resources.delete(key)
    this.#write()
  }

  lastFirst(): Made[] {
    return [...this.#resources.values()].reverse()
  }

  /** The file contains passwords. */
  #write(): void {
    writeFileSync(this.#path, JSON.stringify([...this.#resources.values()]), { mode: 0o600 })
  }
}
