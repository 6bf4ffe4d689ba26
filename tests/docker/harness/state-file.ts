import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Properties } from './resource-kind.ts'

/** A resource that the harness has created completely or partly. */
export type Made = {
  readonly type: string
  readonly name: string
  readonly inputs: Properties
  /** Text of the declaration. A later declaration with the same text means no change. */
  readonly declaration: string
  /** Undefined until the resource is created completely. */
  readonly outputs?: Properties
  /** Whether the engine keeps it when it is removed from the state. */
  readonly isKept: boolean
}

export const keyOf = ({ type, name }: Pick<Made, 'type' | 'name'>): string => `${type}::${name}`

/** The resources of a stack in the order of their declaration. Each change writes the file. */
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

  /** All resources, last declared first. */
  lastFirst(): Made[] {
    return [...this.#resources.values()].reverse()
  }

  /** The file contains passwords. */
  #write(): void {
    writeFileSync(this.#path, JSON.stringify([...this.#resources.values()]), { mode: 0o600 })
  }
}
