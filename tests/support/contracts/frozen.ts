import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../scripts/platform/local-access.ts'

/** The entries of a public contract: what each is, by its name. */
export type Contract = Readonly<Record<string, string>>

const folder = 'tests/contract/frozen'
/** Writes the snapshots anew. */
const acceptVariable = 'ACCEPT_CONTRACTS'

/**
 * Compares a contract with its snapshot `tests/contract/frozen/NAME.json`. Where the variable
 * ACCEPT_CONTRACTS is set to 1, writes the snapshot instead.
 *
 * @param testFile the test that compares it, from the clone on
 * @throws Error that names each entry that was added, removed or changed
 */
export function expectFrozen(name: string, current: Contract, testFile: string): void {
  const file = `${folder}/${name}.json`
  if (process.env[acceptVariable] === '1') {
    writeFileSync(join(root, file), `${JSON.stringify(sorted(current), null, 2)}\n`)
    return
  }
  const changes = changesOf(readFrozen(name), current)
  if (changes.length === 0) return
  throw new Error(
    [
      `The public contract "${name}" is not as in ${file}:`,
      ...changes.map((change) => `  ${change}`),
      'Undo the change. If it is meant, accept it, describe it in CHANGELOG.md, and commit both:',
      `  ${acceptVariable}=1 npm test -- ${testFile}`,
    ].join('\n'),
  )
}

/** The snapshot of a contract; without entries where there is none yet. */
export function readFrozen(name: string): Contract {
  const path = join(root, folder, `${name}.json`)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Contract) : {}
}

/** One line for each entry that was added, removed or changed, by name. */
export function changesOf(frozen: Contract, current: Contract): string[] {
  const names = [...new Set([...Object.keys(frozen), ...Object.keys(current)])].sort()
  return names.flatMap((name) => {
    const [before, now] = [frozen[name], current[name]]
    if (before === now) return []
    if (before === undefined) return [`added    ${name}${inBrackets(now)}`]
    if (now === undefined) return [`removed  ${name}${inBrackets(before)}`]
    return [`changed  ${name}: was ${before || '(empty)'}, is ${now || '(empty)'}`]
  })
}

function inBrackets(value: string | undefined): string {
  return value === undefined || value === '' ? '' : ` (${value})`
}

/** By name, whatever the locale. */
function sorted(contract: Contract): Contract {
  return Object.fromEntries(Object.entries(contract).sort(([left], [right]) => order(left, right)))
}

function order(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
