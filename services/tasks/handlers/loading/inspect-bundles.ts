import type { FromProcess, Inspection } from '../protocol.ts'
import type { ProcessOptions } from '../running/handler-process.ts'
import { HandlerProcess } from '../running/handler-process.ts'
import type { ProcessEnd } from '../running/process-end.ts'
import { describeEnd } from '../running/process-end.ts'

/** Time for the import of one bundle. */
const importMs = 10_000
/** Time for the start of the process. */
const startMs = 30_000

/**
 * Imports bundles in a process, to see which handlers they export. A bundle that ends the process or does
 * not end does not affect the others.
 */
export async function inspectBundles(
  bundles: readonly string[],
  options: ProcessOptions,
): Promise<Inspection[]> {
  const inspections: Inspection[] = []
  while (inspections.length < bundles.length) {
    const rest = bundles.slice(inspections.length)
    inspections.push(...(await inspectInProcess(rest, options)))
  }
  return inspections
}

/** @returns at least one inspection */
function inspectInProcess(
  bundles: readonly string[],
  options: ProcessOptions,
): Promise<Inspection[]> {
  return new Promise((resolve) => {
    const inspections: Inspection[] = []
    let timer: NodeJS.Timeout | undefined
    const wait = (limitMs: number): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const message = `The import did not end within ${limitMs / 1_000} s. Move work from the top of the file into run`
        inspections.push({ kind: 'threw', message, stack: '' })
        inspected.kill()
      }, limitMs)
    }
    const onMessage = (message: FromProcess): void => {
      if (message[0] === 'ready') wait(importMs)
      if (message[0] !== 'inspected') return
      inspections.push(message[2])
      wait(importMs)
      if (inspections.length === bundles.length) inspected.kill()
    }
    const onEnd = (end: ProcessEnd): void => {
      clearTimeout(timer)
      if (inspections.length === 0) {
        const message = `${describeEnd(end)} during the import`
        inspections.push({ kind: 'threw', message, stack: '' })
      }
      resolve(inspections)
    }
    const ignore = (): undefined => undefined
    const inspected = new HandlerProcess(options, {
      ...{ onMessage, onEnd },
      ...{ onPart: ignore, onDone: ignore, onRawLine: ignore },
    })
    wait(startMs)
    inspected.send(['inspect', bundles])
  })
}
