import { pathToFileURL } from 'node:url'
import { isHandler } from '../api/handler.ts'
import type { Inspection } from '../protocol.ts'
import { write } from './output/output.ts'

/** Imports bundles one after the other, and tells which handlers each exports. */
export async function inspectBundles(bundles: readonly string[]): Promise<void> {
  // Errors of a bundle that come later must not end the inspection of the others.
  process.on('uncaughtException', () => undefined)
  process.on('unhandledRejection', () => undefined)
  for (const [index, bundle] of bundles.entries()) {
    write(['inspected', index, await inspect(bundle)])
  }
}

async function inspect(bundle: string): Promise<Inspection> {
  try {
    const exported = (await import(pathToFileURL(bundle).href)) as Readonly<Record<string, unknown>>
    const handlers = [...new Set(Object.values(exported))]
      .filter(isHandler)
      .map(({ name, madeAt }) => ({ name, madeAt }))
    return { kind: 'handlers', handlers }
  } catch (error) {
    const isError = error instanceof Error
    const message = isError ? error.message : String(error)
    return { kind: 'threw', message, stack: isError ? (error.stack ?? '') : '' }
  }
}
