import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { findChromium } from '../../scripts/documents/chromium.ts'

/**
 * The path of Chromium. If it is not installed, skips the tests of the context and says so in their
 * title.
 */
export function chromiumOrSkip(context: Mocha.Context): string {
  const executable = findChromium()
  if (executable !== undefined) return executable
  context.test!.parent!.title +=
    ' (skipped: Chromium not found; install it or set CHROMIUM to its path)'
  return context.skip()
}

/** A page, and the faults that occurred in it. */
export type OpenPage = { readonly page: Page; readonly faults: readonly string[] }

/** Opens an empty page. Its `faults` are errors and requests to hosts other than 127.0.0.1. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  // The page uses the units and times of the language: here kilometres and 24 hours.
  const base = { viewport: { width: 1280, height: 800 }, locale: 'en-IE' }
  const context = await browser.newContext({ ...base, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    const isOwn = protocol === 'data:' || protocol === 'blob:' || hostname === '127.0.0.1'
    if (!isOwn) faults.push(`requested ${request.url()}`)
  })
  return { page, faults }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The accessibility violations that axe-core finds in a page. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // `evaluate` runs through the debugger, so the page's content security policy does not block it.
  const found = await page.evaluate(`${axe}; axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
      id + ' at ' + target.join(' ') + ': ' + failureSummary)))`)
  return found as string[]
}

/** Counts the pixels of a PNG that are close to a colour `#rrggbb`. The browser decodes the PNG. */
export async function countPixels(page: Page, png: Buffer, colour: string): Promise<number> {
  const source = `data:image/png;base64,${png.toString('base64')}`
  const scratch = await page.context().newPage()
  const count = await scratch.evaluate(`(async () => {
    const image = new Image()
    image.src = ${JSON.stringify(source)}
    await image.decode()
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    const expected = [1, 3, 5].map((at) => parseInt(${JSON.stringify(colour)}.slice(at, at + 2), 16))
    let count = 0
    for (let at = 0; at < data.length; at += 4) {
      if (expected.every((value, channel) => Math.abs(data[at + channel] - value) < 24)) count += 1
    }
    return count
  })()`)
  await scratch.close()
  return count as number
}

/** The colours `#rrggbb` of pixels of a PNG. The browser decodes the PNG. */
export async function readPixels(
  page: Page,
  png: Buffer,
  positions: readonly { readonly x: number; readonly y: number }[],
): Promise<string[]> {
  const source = `data:image/png;base64,${png.toString('base64')}`
  const scratch = await page.context().newPage()
  const colours = await scratch.evaluate(`(async () => {
    const image = new Image()
    image.src = ${JSON.stringify(source)}
    await image.decode()
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    return ${JSON.stringify(positions)}.map(({ x, y }) => {
      const [red, green, blue] = context.getImageData(x, y, 1, 1).data
      return '#' + [red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')
    })
  })()`)
  await scratch.close()
  return colours as string[]
}
