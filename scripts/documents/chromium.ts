import { spawnSync } from 'node:child_process'
import type { Browser } from 'playwright-core'
import { chromium } from 'playwright-core'

/** Names of Chromium programs. The one in the environment variable CHROMIUM comes first. */
const usualNames = ['chromium', 'chromium-browser', 'google-chrome']

/** The path of a working Chromium, or undefined. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM']
  for (const name of named === undefined ? usualNames : [named, ...usualNames]) {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', 'command -v "$0"', name])
    const path = stdout.toString().trim()
    if (status === 0 && spawnSync(path, ['--version']).status === 0) return path
  }
  return undefined
}

/** Starts Chromium without a window. It draws WebGL in software. */
export function launchChromium(executablePath: string): Promise<Browser> {
  // The sandbox does not work as root. Without a graphics card WebGL must be enabled by a flag.
  const args = ['--no-sandbox', '--enable-unsafe-swiftshader']
  return chromium.launch({ executablePath, args })
}
