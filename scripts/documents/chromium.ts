import { spawnSync } from 'node:child_process'
import type { Browser } from 'playwright-core'
import { chromium } from 'playwright-core'

/** Where Chromium is looked for: what the environment names comes first. */
const usualNames = ['chromium', 'chromium-browser', 'google-chrome']

/** The path of a Chromium that runs here, or undefined. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM']
  for (const name of named === undefined ? usualNames : [named, ...usualNames]) {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', 'command -v "$0"', name])
    const path = stdout.toString().trim()
    if (status === 0 && spawnSync(path, ['--version']).status === 0) return path
  }
  return undefined
}

/** Chromium without a window, drawing WebGL in software. */
export function launchChromium(executablePath: string): Promise<Browser> {
  // Root has no sandbox; without a graphics card WebGL has to be asked for.
  const args = ['--no-sandbox', '--enable-unsafe-swiftshader']
  return chromium.launch({ executablePath, args })
}
