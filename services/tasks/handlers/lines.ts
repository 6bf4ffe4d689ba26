const lineEnd = 0x0a

/** A function that is given chunks of bytes and calls `onLine` for each complete line. */
export function readLines(onLine: (line: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  return (chunk) => {
    let from = 0
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
      const rest = chunk.subarray(from, end)
      const line = parts.length === 0 ? rest : Buffer.concat([...parts, rest])
      parts = []
      from = end + 1
      onLine(line)
    }
    if (from < chunk.length) parts.push(chunk.subarray(from))
  }
}
