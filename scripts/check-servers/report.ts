import { styleText } from 'node:util'
import { formatTable } from '../cli/table.ts'
import type { Checked, Finding } from './finding.ts'

/** All findings as a table, what they mean in a sentence, and the notes. */
export function formatChecked({ findings, notes }: Checked): string {
  const rows = findings.map(({ server, right, isAllowed, remedy = '' }) => [
    ...[server, right],
    isAllowed ? { text: 'allowed', style: green } : { text: 'missing', style: red },
    remedy,
  ])
  const head = ['server', 'right', 'state', 'what an administrator runs']
  const paragraphs = [formatTable(head, rows), summaryOf(findings)]
  return [...paragraphs, ...(notes.length === 0 ? [] : [notes.join('\n')])].join('\n\n')
}

export function toJson({ findings, notes }: Checked): object {
  return {
    isComplete: findings.every(({ isAllowed }) => isAllowed),
    rights: findings.map(({ server, right, isAllowed, remedy = null }) => ({
      ...{ server, right, state: isAllowed ? 'allowed' : 'missing', remedy },
    })),
    notes,
  }
}

function summaryOf(findings: readonly Finding[]): string {
  const missing = findings.filter(({ isAllowed }) => !isAllowed).length
  if (missing === 0) return 'The servers allow all that the platform needs.'
  const what = missing === 1 ? '1 right is missing.' : `${missing} rights are missing.`
  return `${what} Nothing was made. Give the table to an administrator of the servers, then run this command again.`
}

const red = (text: string): string => styleText('red', text)
const green = (text: string): string => styleText('green', text)
