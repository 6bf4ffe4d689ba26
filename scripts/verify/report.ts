import { formatTable } from '../cli/table.ts'
import type { Verdict } from './run-fault.ts'

const head = [
  'fault',
  'acknowledged',
  'stored',
  'lost',
  'duplicate rows',
  'refused',
  'recovery',
  'ledger balanced',
]

/** One row per fault. Reasons and failures follow below the table. */
export function formatVerdictTable(verdicts: readonly Verdict[]): string {
  const notes = verdicts.flatMap(notesOf)
  return [formatTable(head, verdicts.map(toRow)), ...notes].join('\n')
}

function toRow(verdict: Verdict): string[] {
  if (verdict.kind === 'not-injected') {
    return [verdict.fault, 'not injected', ...head.slice(2).map(() => '')]
  }
  const { fault, acknowledged, stored, lost, duplicateRows, refused } = verdict
  const { recoverySeconds, ledgerBalanced } = verdict
  return [
    fault,
    ...[acknowledged, stored, lost, duplicateRows, refused].map(String),
    recoverySeconds === null ? 'none' : `${recoverySeconds.toFixed(1)} s`,
    ledgerBalanced ? 'yes' : 'NO',
  ]
}

function notesOf(verdict: Verdict): string[] {
  if (verdict.kind === 'not-injected') return [`${verdict.fault}: not injected: ${verdict.why}`]
  return verdict.failures.map((failure) => `${verdict.fault}: ${failure}`)
}

/** The verdicts as JSON. A fault that was not injected has the reason instead of figures. */
export function verdictsToJson(seed: number, verdicts: readonly Verdict[]): string {
  return JSON.stringify({ seed, faults: verdicts.map(toJson) }, null, 2)
}

function toJson(verdict: Verdict) {
  if (verdict.kind === 'not-injected') {
    return { ...noFigures, fault: verdict.fault, notInjected: verdict.why }
  }
  const { kind: _, failures, ...figures } = verdict
  return failures.length > 0 ? { ...figures, failures } : figures
}

const noFigures = {
  fault: '',
  acknowledged: null,
  stored: null,
  lost: null,
  duplicateRows: null,
  refused: null,
  recoverySeconds: null,
  ledgerBalanced: null,
}
