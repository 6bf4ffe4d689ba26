import {
  escapeControlsInJson,
  escapeControlsInLines,
} from '../../services/runtime/process/printable.mjs'

// Texts of records, of the database and of servers may contain control characters. A terminal would
// interpret them.

/** Prints lines of the result. Control characters are escaped. */
export function print(text: string): void {
  process.stdout.write(`${escapeControlsInLines(text)}\n`)
}

/** Prints the result as JSON. Control characters are escaped. */
export function printJson(value: object): void {
  process.stdout.write(`${escapeControlsInJson(JSON.stringify(value, null, 2))}\n`)
}

/** Prints a line of progress; standard output is for the result. Control characters are escaped. */
export function printProgress(text: string): void {
  process.stderr.write(`${escapeControlsInLines(text)}\n`)
}
