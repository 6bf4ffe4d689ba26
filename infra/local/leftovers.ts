import { setTimeout as wait } from 'node:timers/promises'
import {
  isAlive,
  signalGroup,
  signalProcess,
} from '../../services/runtime/process/process-identity.ts'
import { roles } from '../topology/role-registry.ts'
import { shutdownOrder } from '../topology/shutdown-order.ts'
import type { RecordedProcess, RunRecord } from './run-record.ts'

const graceMs = 8_000
const pollMs = 50

/**
 * Ends the processes that a killed platform has left, in the shutdown order.
 *
 * @returns the names of the processes that were still running
 */
export async function endLeftovers(record: RunRecord): Promise<string[]> {
  const left = record.processes.filter(isAlive)
  for (const stopped of shutdownOrder) {
    await Promise.all(left.filter(({ role }) => stopped.includes(role)).map(end))
  }
  return left.map(({ name }) => name)
}

async function end(leftover: RecordedProcess): Promise<void> {
  // Those of an earlier step took up to some seconds to end. Another process may have the pid by now.
  if (!isAlive(leftover)) return
  if (!signalProcess(leftover, roles[leftover.role].stop.signal ?? 'SIGTERM')) return
  const deadline = Date.now() + graceMs
  while (isAlive(leftover) && Date.now() < deadline) await wait(pollMs)
  if (isAlive(leftover)) signalGroup(leftover.pid, 'SIGKILL')
  while (isAlive(leftover)) await wait(pollMs)
}
