import { createReadStream } from 'node:fs'
import type { HandlerContext, HandlerFile } from '../api/handler.ts'
import type { CallFile, CallMessage } from '../protocol.ts'
import type { CallLog } from './call-log.ts'
import { toText } from './call-log.ts'
import type { LazyAbort } from './lazy-abort.ts'
import { write } from './output/output.ts'

/** Time between two messages about the progress of a call. */
const progressMs = 100

/** What the handler of a call can use. */
export function createContext({
  call,
  log,
  abort,
  query,
  settings,
}: {
  readonly call: CallMessage
  readonly log: CallLog
  readonly abort: LazyAbort
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<never[]>
  readonly settings: Readonly<Record<string, string>>
}): HandlerContext {
  let reportedAt = -Infinity
  const progress = (fraction: number): void => {
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1)) {
      throw new RangeError(`progress: ${String(fraction)} is not a number from 0 to 1.`)
    }
    const now = performance.now()
    if (now - reportedAt < progressMs && fraction < 1) return
    reportedAt = now
    write(['progress', call.call, fraction])
  }
  return {
    logger: {
      debug: (message) => log.write('debug', toText(message)),
      info: (message) => log.write('info', toText(message)),
      warn: (message) => log.write('warn', toText(message)),
      error: (message) => log.write('error', toText(message)),
    },
    progress,
    get signal() {
      return abort.signal
    },
    id: call.id,
    attempt: call.attempt,
    query,
    settings,
    file: call.file === undefined ? undefined : toHandlerFile(call.file),
  }
}

function toHandlerFile({ name, size, contentType, path }: CallFile): HandlerFile {
  return {
    ...{ name, size, contentType: contentType ?? undefined },
    path: () => path,
    stream: () => createReadStream(path),
  }
}
