import * as z from 'zod'
import {
  isAlias,
  isDeviceName,
  maxAliasCharacters,
  maxAliases,
  maxNameCharacters,
} from '../../telemetry/devices/device.ts'
import { vinField } from '../../telemetry/reading/fields.ts'

/** The bodies of the requests that change devices. */

const name = z.string().min(1).max(maxNameCharacters).refine(isDeviceName)

export const newDeviceBody = z.strictObject({
  name: name.optional().describe('What people call it. Default: the vin.'),
  vin: z
    .string()
    .regex(vinField.pattern)
    .optional()
    .describe('The id of its vehicle. Default: made from the name.'),
  aliases: z
    .array(z.string().min(1).max(maxAliasCharacters).refine(isAlias))
    .max(maxAliases)
    .default([])
    .describe('Other ids that the app sends. Its readings are stored under the vin.'),
})

export const aliasBody = z.strictObject({
  alias: z.string().min(1).max(maxAliasCharacters).refine(isAlias),
})

export const renamedDeviceBody = z.strictObject({ name })

type ParsedBody<T> =
  | { readonly ok: true; readonly value: T }
  /** @member reason what is wrong, and what it must be */
  | { readonly ok: false; readonly reason: string }

const aliasRule = `1 to ${maxAliasCharacters} visible characters, without spaces at their ends.`

const rules: Readonly<Record<string, string>> = {
  name: `must be one line of 1 to ${maxNameCharacters} visible characters.`,
  vin: 'must have 1 to 32 of A-Z, a-z, 0-9 and hyphen.',
  alias: `must be a text of ${aliasRule}`,
  aliases: `must be a list of at most ${maxAliases} texts of ${aliasRule}`,
}

export function parseDeviceBody<T>(schema: z.ZodType<T>, text: string): ParsedBody<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, reason: `The body is not JSON: ${(error as Error).message}.` }
  }
  const { data, error } = schema.safeParse(value, { jitless: true })
  return error === undefined
    ? { ok: true, value: data }
    : { ok: false, reason: describe(error.issues[0]) }
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys')
    return `Unknown member ${JSON.stringify(issue.keys[0]?.slice(0, 40))}.`
  const [member] = issue?.path ?? []
  return member === undefined
    ? 'The body must be a JSON object.'
    : `${String(member)} ${rules[String(member)] ?? 'is not valid.'}`
}
