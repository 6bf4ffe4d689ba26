import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventsAddress } from '../infra/events-address.ts'
import { root } from './local-access.ts'
import { findPlatform, noPlatform } from './running-platform.ts'

// `npm run pictures`: the README's pictures, taken of the running platform with Chromium.
const running = await findPlatform({})
if (!running) throw new Error(noPlatform)
const profile = mkdtempSync(join(tmpdir(), 'av-telemetry-pictures-'))
const { status, error } = spawnSync(
  process.env['CHROMIUM'] ?? 'chromium',
  [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    `--user-data-dir=${profile}`,
    '--virtual-time-budget=4000',
    '--window-size=760,480',
    `--screenshot=${join(root, 'img', 'events.png')}`,
    eventsAddress(running.config),
  ],
  { stdio: 'ignore', timeout: 60_000 },
)
rmSync(profile, { recursive: true, force: true })
if (status !== 0)
  throw new Error(`Chromium took no picture: ${error?.message ?? `exit code ${status}`}`)
