import type { TaskFault } from '../../../ledger/tasks/task.ts'
import { outputFd } from '../protocol.ts'

/** How a handler process has ended. */
export type ProcessEnd = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not be started. */
  readonly cause?: string
  /** Its resident memory, if it was above the limit. */
  readonly memoryBytes: number | undefined
  readonly isHeapFull: boolean
  /** Whether a handler has written to the pipe of the messages. The process was killed for it. */
  readonly isPipeMisused: boolean
  /** The limit of its heap. */
  readonly limitMb: number
}

/** Part of what Node.js writes when the heap is full. */
export const heapMessage = 'JavaScript heap out of memory'

const pipeMessage = `The handler wrote to the file descriptor ${outputFd}, which its process needs for messages to the worker. Write with context.logger or console.log.`

/** The fault of the call that ran when its process ended. */
export function faultOfEnd(end: ProcessEnd): TaskFault {
  const { code, signal, memoryBytes, isHeapFull, isPipeMisused, limitMb } = end
  const advice = 'Return the rows in parts (async iterable), or raise worker.handlerMegabytes.'
  if (isHeapFull) {
    return outOfMemory(`The heap of the handler reached its limit of ${limitMb} MB. ${advice}`)
  }
  if (memoryBytes !== undefined) {
    const used = Math.round(memoryBytes / 1_048_576)
    return outOfMemory(
      `The process of the handler used ${used} MB of memory; its heap may have ${limitMb} MB. ${advice}`,
    )
  }
  if (isPipeMisused) return { code: 'threw', message: pipeMessage, stack: undefined }
  return {
    code: 'threw',
    message: `${describeEnd({ code, signal })} before the handler returned.`,
    stack: undefined,
  }
}

/** How a process has ended, in words. */
export function describeEnd({
  code,
  signal,
  cause,
}: Pick<ProcessEnd, 'code' | 'signal' | 'cause'>): string {
  if (cause !== undefined) return `The process of the handler could not be started (${cause})`
  if (signal !== null) return `The process of the handler was ended by the signal ${signal}`
  return `The process of the handler ended with the exit code ${code ?? 'unknown'}`
}

function outOfMemory(message: string): TaskFault {
  return { code: 'out-of-memory', message, stack: undefined }
}
