import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../scripts/platform/paths.ts'

/** The entries of a public contract: value by name. */
export type Contract = Readonly<Record<string, string>>

const folder = 'tests/contract/frozen'
/** Set to 1, it makes the tests write the snapshots. */
const acceptVariable = 'ACCEPT_CONTRACTS'

/**
 * Compares a contract with its snapshot `tests/contract/frozen/NAME.json`. With ACCEPT_CONTRACTS=1
 * it writes the snapshot instead.
 *
 * @param testFile the path of the calling test, relative to the clone
 * @throws Error that lists each entry that was added, removed or changed
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
      `The public contract "${name}" differs from ${file}:`,
      ...changes.map((change) => `  ${change}`),
      'Undo the change. If it is intended, accept it, describe it in CHANGELOG.md and commit both:',
      `  ${acceptVariable}=1 npm test -- ${testFile}`,
    ].join('\n'),
  )
}

/** The snapshot of a contract; empty if there is none yet. */
export function readFrozen(name: string): Contract {
  const path = join(root, folder, `${name}.json`)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Contract) : {}
}

/** One line for each entry that was added, removed or changed, sorted by name. */
export function changesOf(frozen: Contract, current: Contract): string[] {
  const names = [...new Set([...Object.keys(frozen), ...Object.keys(current)])].sort()
  return names.flatMap((name) => {
    const [before, now] = [frozen[name], current[name]]
    if (before === now) return []
    if (before === undefined) return [`added    ${name}${toBrackets(now)}`]
    if (now === undefined) return [`removed  ${name}${toBrackets(before)}`]
    return [`changed  ${name}: was ${before || '(empty)'}, is ${now || '(empty)'}`]
  })
}

function toBrackets(value: string | undefined): string {
  return value === undefined || value === '' ? '' : ` (${value})`
}

/** Sorted by name, independent of the locale. */
function sorted(contract: Contract): Contract {
  return Object.fromEntries(
    Object.entries(contract).sort(([left], [right]) => compareText(left, right)),
  )
}

function compareText(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
