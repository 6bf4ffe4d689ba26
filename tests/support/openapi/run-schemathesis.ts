import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testFolder } from '../../../scripts/test/leftovers.ts'
import { schemathesisFolder } from '../../../scripts/setup/paths.mjs'

export type SchemathesisOptions = {
  /** Base URL of the service. Its document is at `/openapi.json`. */
  readonly url: string
  readonly token: string
  readonly seed: number
  /** Limit of the random requests for each operation. */
  readonly maxExamples: number
  /** By default all phases. */
  readonly phases?: string
  readonly timeoutMs: number
}

export type SchemathesisResult = { readonly code: number; readonly report: string }

const folder = fileURLToPath(new URL('./', import.meta.url))

export const schemathesisMissing =
  'schemathesis is not installed: it needs Python 3.11 or later with venv and pip'

/** The Python that has schemathesis; undefined if the setup could not install it. */
export function findSchemathesis(): string | undefined {
  const python = join(schemathesisFolder, 'bin', 'python')
  return existsSync(python) ? python : undefined
}

/**
 * Sends requests that schemathesis makes from an OpenAPI document, and checks the responses.
 * `schemathesis.toml` names the checks.
 *
 * @param python the result of `findSchemathesis`
 * @returns exit code 0 if no response differs from the document
 */
export function runSchemathesis(
  python: string,
  { url, token, seed, maxExamples, phases, timeoutMs }: SchemathesisOptions,
): Promise<SchemathesisResult> {
  const config = ['--config-file', join(folder, 'schemathesis.toml')]
  const limits = ['--seed', String(seed), '--max-examples', String(maxExamples)]
  const chosen = phases === undefined ? [] : ['--phases', phases]
  const run = ['run', `${url}/openapi.json`, '--no-color', ...limits, ...chosen]
  const child = spawn(python, ['-m', 'schemathesis.cli', ...config, ...run], {
    // It writes a folder for its own use into the current one.
    cwd: testFolder(),
    timeout: timeoutMs,
    env: {
      PATH: process.env['PATH'],
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUTF8: '1',
      API_TOKEN: token,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let report = ''
  const keep = (text: string): void => {
    report += text
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const end = signal === null ? '' : `\nschemathesis was ended after ${timeoutMs / 1_000} s.`
      resolve({ code: code ?? 1, report: `${report}${end}` })
    })
  })
}
