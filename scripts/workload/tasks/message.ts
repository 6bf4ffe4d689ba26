import type { Random } from '../../../fleet/random.ts'

/**
 * What a message asks for.
 *
 * - `plain`: a row at once. `slow`: a row after a while.
 * - `killed`: the handler kills its process with -9 in the first attempt.
 * - a number: garbage, as an index of `garbage`.
 */
export type Kind = 'plain' | 'slow' | 'killed' | number

/** A message that cannot become a row. */
export type Garbage = {
  readonly value: string | Buffer
  readonly code: string
  /** Whether it becomes a dead letter and no task, or a task that fails. */
  readonly becomes: 'letter' | 'failed-task'
}

const call = (method: string, params: unknown): string => JSON.stringify({ method, params })

export const garbage: readonly Garbage[] = [
  { value: "{'method': 'verify_effect'}", code: 'not-json', becomes: 'letter' },
  { value: Buffer.from([0x7b, 0xff, 0x7d]), code: 'not-utf8', becomes: 'letter' },
  { value: '[]', code: 'bad-message', becomes: 'letter' },
  { value: call('verify_unknown', {}), code: 'unknown-method', becomes: 'failed-task' },
  { value: call('verify_effect', { unit: 1 }), code: 'bad-params', becomes: 'failed-task' },
  {
    value: call('verify_effect', { unit: '', kind: 'not-a-row' }),
    ...{ code: 'bad-result', becomes: 'failed-task' },
  },
]

/** Shares of all messages. A new process for a handler takes about a second of the processor. */
const shares = { garbage: 0.03, slow: 0.003, killed: 0.0005, twice: 0.02 }

export function drawKind(random: Random): Kind {
  const chance = random()
  const { garbage: wrong, slow, killed } = shares
  if (chance < wrong) return Math.floor((chance / wrong) * garbage.length)
  if (chance < wrong + slow) return 'slow'
  return chance < wrong + slow + killed ? 'killed' : 'plain'
}

/** Whether a client sends a message twice, as one that has lost the acknowledgement. */
export const drawIsTwice = (random: Random): boolean => random() < shares.twice

export function valueOf(unit: string, kind: Kind): string | Buffer {
  if (typeof kind === 'number') return garbage[kind]?.value ?? ''
  return call('verify_effect', { unit, kind })
}
