/** Prints a line of the result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints the result as JSON. */
export function printJson(value: object): void {
  print(JSON.stringify(value, null, 2))
}

/** Prints a line of progress; standard output is for the result. */
export function printProgress(text: string): void {
  process.stderr.write(`${text}\n`)
}
