import { UserError } from '../../infra/checks/user-error.ts'
import { PostgresDeadLetterStore } from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import { letterToJson, summaryToJson } from '../dead-letters/json.ts'
import { countTable, describeLetter, countLetters, letterTable } from '../dead-letters/text.ts'
import type { DeadLettersRequest } from '../dead-letters/request.ts'
import { findLetterPipeline } from '../dead-letters/letter-pipeline.ts'
import { parseRequest } from '../dead-letters/request.ts'
import type { Session } from '../dead-letters/session.ts'
import { findLetter } from '../dead-letters/session.ts'
import { discard, isBug, redrive } from '../dead-letters/settle.ts'
import { skip } from '../dead-letters/skip.ts'
import { describeCurrentVerdict } from '../dead-letters/current-verdict.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'
import { print, printJson } from '../cli/output.ts'

/**
 * `npm run dead-letters`: lists, shows, redrives and discards dead letters, and skips
 * offsets that cannot be read. Exit code 1 if something that
 * was asked for is not done.
 */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const out = args.includes('--json') ? process.stderr : process.stdout
  return reportUserErrors(async () => {
    const request = parseRequest(args)
    const platform = await findPlatform(request.choice)
    if (!platform) throw new UserError(noPlatform)
    const { kafka } = platform
    const pool = await platform.pool()
    try {
      const pipeline = await findLetterPipeline(platform, pool, request.pipeline)
      const letters = new PostgresDeadLetterStore(pool, pipeline.name)
      const { json } = request
      return await answer({ kafka, pool, pipeline, letters, json, signal }, request)
    } catch (error) {
      if (error instanceof UserError || isBug(error)) throw error
      throw new UserError(`The dead letters cannot be read (${(error as Error).message}).`)
    } finally {
      await pool.end()
    }
  }, out)
}

function answer(session: Session, request: DeadLettersRequest): Promise<number> {
  switch (request.kind) {
    case 'list':
      return list(session, request)
    case 'show':
      return show(session, request)
    case 'redrive':
      return redrive(session, request)
    case 'discard':
      return discard(session, request)
    case 'skip':
      return skip(session, request)
    default:
      return request satisfies never
  }
}

async function list(
  { letters, json }: Session,
  { filter, limit }: Extract<DeadLettersRequest, { kind: 'list' }>,
): Promise<number> {
  const counts = await letters.counts(filter)
  const shown = await letters.list(filter, limit)
  const matching = counts.reduce((sum, { count }) => sum + count, 0)
  if (json) {
    const reasons = counts.map(({ code, state, count }) => ({ reason: code, state, count }))
    printJson({ matching, reasons, letters: shown.map(summaryToJson) })
    return 0
  }
  if (matching === 0) {
    print(filter.states.length === 1 ? 'No open dead letter matches.' : 'No dead letter matches.')
    return 0
  }
  const more = matching > shown.length ? `; showing the newest ${shown.length}` : ''
  print(`${letterTable(shown)}\n\n${countTable(counts)}\n\n${countLetters(matching)}${more}`)
  return 0
}

async function show(
  session: Session,
  { reference }: Extract<DeadLettersRequest, { kind: 'show' }>,
): Promise<number> {
  const letter = await findLetter(session, reference)
  const today =
    letter.state === 'redriven' ? undefined : await session.pipeline.judge(session.letters, letter)
  if (session.json) printJson(letterToJson(letter, today ?? null))
  else print(describeLetter(letter, today && describeCurrentVerdict(today, session.pipeline.unit)))
  return 0
}
