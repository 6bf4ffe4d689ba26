/**
 * Writes control characters, line separators and characters that change the writing direction as
 * `\uXXXX`. A terminal would interpret them. The result is one line.
 */
export function escapeControls(text: string): string

/** Like `escapeControls`, but keeps line breaks, tabs and the colour codes of our own output. */
export function escapeControlsInLines(text: string): string

/**
 * Like `escapeControls`, for a text that is JSON: the result is the same JSON value. Line breaks
 * between the values stay.
 */
export function escapeControlsInJson(text: string): string

/** Whether a terminal would interpret a character of the text. */
export function hasControls(text: string): boolean
