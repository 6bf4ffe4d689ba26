import { fromStored } from './declaration/stored-declaration.ts'
import type { SetValue } from './settings/settings.ts'
import { effectiveDeclaration } from './settings/settings.ts'

/** What a pipeline does, as users see it. */

export type PipelineState = 'running' | 'not running' | 'paused' | 'disabled' | 'reset'

type Given = {
  /** By the file, or by the setting that replaces it. */
  readonly isEnabled: boolean
  /** Why it is paused; undefined if it is not. */
  readonly pauseReason: string | undefined
  /** Null after a reset, until the file is read again. */
  readonly declaration: unknown
  /** Seconds since a worker last ran it, or read its file. */
  readonly unseenSeconds: number
}

/** Workers mark the pipelines that they run every 10 seconds. */
const maxUnseenSeconds = 30

export function stateOf(pipeline: Given): PipelineState {
  const { isEnabled, pauseReason, declaration, unseenSeconds } = pipeline
  if (pauseReason !== undefined) return 'paused'
  if (!isEnabled) return 'disabled'
  if (declaration === null) return 'reset'
  return unseenSeconds > maxUnseenSeconds ? 'not running' : 'running'
}

type Declared = {
  /** Null after a reset, until the file is read again. */
  readonly declaration: unknown
  /** By the file. */
  readonly isEnabled: boolean
}

/** Whether it is enabled: by its file, or by the setting that replaces it. */
export function isEnabled(pipeline: Declared, set: readonly SetValue[]): boolean {
  if (pipeline.declaration === null) return pipeline.isEnabled
  return effectiveDeclaration(fromStored(pipeline.declaration), set).isEnabled
}
