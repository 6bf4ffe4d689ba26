import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { answersOk } from '../../services/runtime/process/http-probe.ts'
import type { Address } from '../topology/addresses.ts'
import { quorumAnswer, quorumQuestion } from '../topology/ensemble.ts'
import type { ReadyCheck } from '../topology/role-file.ts'
import { UserError } from '../checks/user-error.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/** Checks that need a client. Each resolves to whether the service answered correctly. */
export type Probes = {
  readonly sql: (address: Address) => Promise<boolean>
  readonly broker: (address: Address) => Promise<boolean>
}

const pollMs = 100
const longestCheck = 5_000
/** Timeout in milliseconds for the first start on a slow machine. */
const patience = 120_000
/** A broker that was killed with -9 may need two or three attempts until ZooKeeper has expired its session. */
const hopelessRestarts = 5

/** Resolves when the service is ready. Rejects if it cannot become ready, or when the signal aborts. */
export async function untilReady(
  process: SupervisedProcess,
  check: ReadyCheck,
  context: { readonly probes: Probes; readonly signal: AbortSignal },
): Promise<void> {
  if (check.kind === 'none') return
  if (check.kind === 'exit') return untilDone(process, context.signal)
  const deadline = Date.now() + patience
  const restartsBefore = process.restarts
  while (!(await isReady(check, context.probes))) {
    context.signal.throwIfAborted()
    const restarts = process.restarts - restartsBefore
    if (Date.now() > deadline || restarts >= hopelessRestarts) throw notReady(process)
    await wait(pollMs, undefined, { signal: context.signal })
  }
}

/**
 * Whether a service is ready now. A client that connects to a service while it starts may never settle, so
 * a check that takes too long counts as not ready.
 */
export async function isReady(check: ReadyCheck, probes: Probes): Promise<boolean> {
  const limit = new AbortController()
  try {
    const tooLong = wait(longestCheck, false, { signal: limit.signal }).catch(() => false)
    return await Promise.race([answers(check, probes), tooLong])
  } finally {
    limit.abort()
  }
}

async function answers(check: ReadyCheck, probes: Probes): Promise<boolean> {
  switch (check.kind) {
    case 'sql':
      return probes.sql(check.address)
    case 'broker':
      return probes.broker(check.address)
    case 'quorum':
      return isInQuorum(check.address)
    case 'http':
      return answersOk({ ...check.address, path: check.path })
    case 'exit':
    case 'none':
      return true
    default:
      return check satisfies never
  }
}

async function untilDone(process: SupervisedProcess, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
  const code = await Promise.race([process.ended, stopped])
  if (code !== 0) throw notReady(process)
}

function notReady({ command }: SupervisedProcess): UserError {
  const lines = readFileSync(command.logFile, 'utf8').trimEnd().split('\n').slice(-5)
  return new UserError(
    `${command.name} did not become ready. The last lines of ${command.logFile}:\n  ${lines.join('\n  ')}`,
  )
}

function isInQuorum({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host, port, timeout: 1_000 })
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.once('timeout', () => socket.destroy())
    socket.once('error', () => undefined)
    socket.once('close', () => {
      resolve(answer.includes(quorumAnswer))
    })
    socket.write(quorumQuestion)
  })
}
