import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readHandlerEnvironment } from '../config.ts'
import { readLines } from '../lines.ts'
import type { CallMessage } from '../protocol.ts'
import { CallFault } from './call-fault.ts'
import type { CallLog } from './call-log.ts'

const maxLineBytes = 8_192

/**
 * Runs a command with the file of a call, and resolves when it has ended with the exit code 0. The command is in the
 * process group of this process, so the worker kills both, and both end if the worker is killed.
 *
 * @throws CallFault
 */
export async function runShell(
  { call, id, attempt, file, shell }: CallMessage,
  { log, signal }: { readonly log: CallLog; readonly signal: AbortSignal },
): Promise<void> {
  if (shell === undefined || file === undefined)
    throw new Error(`The call ${call} has no command or no file.`)
  const child = spawn('/bin/sh', ['-c', shell.command, 'sh', file.path], {
    cwd: shell.folder,
    env: {
      ...readHandlerEnvironment(),
      ...{ TASK_ID: id, TASK_ATTEMPT: String(attempt) },
      ...{ FILE_PATH: file.path, FILE_NAME: file.name, FILE_SIZE: String(file.size) },
      FILE_TYPE: file.contentType ?? '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let lastError = ''
  const logTo = (level: 'info' | 'warn') => (line: Buffer) => {
    const text = line.toString('utf8')
    if (level === 'warn' && text.trim() !== '') lastError = text
    log.write(level, text)
  }
  const outputs = [readEnded(child.stdout, logTo('info')), readEnded(child.stderr, logTo('warn'))]
  const onAbort = (): void => {
    endGroup()
  }
  signal.addEventListener('abort', onAbort)
  const [code, by] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  await Promise.all(outputs)
  // The worker kills what is left of the group when this process ends.
  if (signal.aborted) process.exit(1)
  signal.removeEventListener('abort', onAbort)
  if (code === 0) return
  const end =
    by === null ? `ended with the exit code ${code ?? ''}` : `was ended by the signal ${by}`
  const reason = lastError === '' ? '' : ` Its last line on standard error: ${lastError}`
  throw new CallFault('threw', `The command ${end}.${reason}`)
}

/** Asks all processes of the group to end. This one goes on, to wait for them. */
function endGroup(): void {
  process.on('SIGTERM', () => undefined)
  process.kill(-process.pid, 'SIGTERM')
}

async function readEnded(
  stream: NodeJS.ReadableStream,
  onLine: (line: Buffer) => void,
): Promise<void> {
  const read = readLines(onLine, maxLineBytes)
  stream.on('data', read)
  await once(stream, 'end')
  // A last line without a line break.
  read(Buffer.from('\n'))
}
