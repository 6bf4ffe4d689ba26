/** Prints a line of the result. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints the result as JSON. */
export function sayJson(value: object): void {
  say(JSON.stringify(value, null, 2))
}

/** Prints a line of progress; standard output is for the result. */
export function sayProgress(text: string): void {
  process.stderr.write(`${text}\n`)
}
