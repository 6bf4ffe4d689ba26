import jsQR from 'jsqr'
import type { Page } from 'playwright-core'
import type { Tenant } from './tenant.ts'
import { until } from './until.ts'

export async function devicesAreRead({ dashboardUrl }: Tenant): Promise<void> {
  await until('the dashboard has read the devices', async () => {
    return (await fetch(`${dashboardUrl}/api/devices`)).ok
  })
}

/** Sends a position as Traccar Client 10 does, and returns the status. */
export async function sendAsTraccarClient(url: string): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const position = { lat: '37.77', lon: '-122.42', speed: '8.20', bearing: '90', altitude: '12' }
  const body = new URLSearchParams({ timestamp, ...position })
  return (await fetch(url, { method: 'POST', body })).status
}

/** Reads the code as a phone does: from the picture on the screen. */
export async function readCode(page: Page): Promise<string | undefined> {
  const png = await page.locator('#devices .qr').screenshot({ scale: 'device' })
  const scratch = await page.context().newPage()
  const found: unknown = await scratch.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    const { data, width, height } = context.getImageData(0, 0, image.width, image.height)
    // One number for each pixel: the code has no colours.
    return { pixels: [...data].filter((_, at) => at % 4 === 0), width, height }
  })()`)
  const { pixels, width, height } = found as { pixels: number[]; width: number; height: number }
  await scratch.close()
  const rgba = pixels.flatMap((grey) => [grey, grey, grey, 255])
  return jsQR.default(Uint8ClampedArray.from(rgba), width, height)?.data
}
