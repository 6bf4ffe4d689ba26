import { readFileSync } from 'node:fs'

/** What a program is to do: JSON on its standard input, because it contains passwords. */
export function readOrder(): unknown {
  return JSON.parse(readFileSync(0, 'utf8'))
}
