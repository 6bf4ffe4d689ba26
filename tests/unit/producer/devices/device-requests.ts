import type { DeviceMessage } from '../../../../services/producer/formats/format.ts'
import { parseDevicePath } from '../../../../services/producer/devices/device-path.ts'
import { numberReading } from '../../../../services/producer/devices/number-reading.ts'
import { parseReading } from '../../../../services/telemetry/reading/parse-reading.ts'
import type { Reading } from '../../../../services/telemetry/reading/reading.ts'
import { aWindow } from '../../../support/builders.ts'

export type Sent = {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/** What a format makes of a request: readings, codes of refusals, or `without-position`. */
export function outcomesOf(sent: Sent): (Reading | string)[] {
  return messagesOf(sent).map((message) => {
    if (message.kind === 'without-position') return message.kind
    if (message.kind === 'refused') return message.refusal.code
    const parsed = parseReading(message.fields, aWindow(), { isSpeedRequired: false })
    return parsed.ok ? numberReading(parsed.reading) : parsed.refusal.code
  })
}

export function messagesOf({ method = 'POST', url, headers = {}, body = '' }: Sent) {
  const target = parseDevicePath(url)
  if (target === undefined) throw new Error(`no format has the path ${url}`)
  const { format, query } = target
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const messages: readonly DeviceMessage[] = format.read({
    ...{ method, headers, query },
    body: new TextEncoder().encode(text),
  })
  return messages
}

/** The only reading of a request. */
export function readingOf(sent: Sent): Reading {
  const [outcome, ...others] = outcomesOf(sent)
  if (outcome === undefined || typeof outcome === 'string' || others.length > 0)
    throw new Error(`not one reading: ${JSON.stringify([outcome, ...others])}`)
  return outcome
}
