import { deviceBodyFault } from '../receiving/body-cost.ts'
import type { DeviceMessage, DeviceRequest } from './format.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** The text of a body; undefined if it is not UTF-8. */
export function textOf(body: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(body)
  } catch {
    return undefined
  }
}

/**
 * Parses a JSON body and gives its value to `read`. A body that cannot be parsed becomes one refused message. An
 * empty body becomes a message without a position.
 *
 * @param levelOfPositions the level of nesting of the positions
 */
export function readJson(
  { body }: Pick<DeviceRequest, 'body'>,
  levelOfPositions: number,
  read: (value: unknown) => readonly DeviceMessage[],
): readonly DeviceMessage[] {
  const text = textOf(body)
  if (text === undefined) return [unreadable(body, 'The body is not UTF-8.')]
  if (text.trim() === '') return [{ kind: 'without-position' }]
  const costly = deviceBodyFault(body, levelOfPositions)
  if (costly !== undefined) return [unreadable(body, `The body is refused. ${costly}`)]
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [unreadable(body, `The body is not JSON: ${(error as Error).message}.`)]
  }
  return read(value)
}

export function unreadable(value: string | Uint8Array, detail: string): DeviceMessage {
  const refusal = { code: 'unreadable-request', detail } as const
  return { kind: 'refused', refusal, original: { deviceId: undefined, value } }
}
