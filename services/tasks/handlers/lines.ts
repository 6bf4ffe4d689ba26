const lineEnd = 0x0a

/**
 * A function that is given chunks of bytes and calls `onLine` for each complete line.
 *
 * @param maxBytes a line that is longer arrives in pieces; by default it has no limit
 */
export function readLines(
  onLine: (line: Buffer) => void,
  maxBytes = Infinity,
): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let waitingBytes = 0
  return (chunk) => {
    let from = 0
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
      const rest = chunk.subarray(from, end)
      const line = parts.length === 0 ? rest : Buffer.concat([...parts, rest])
      parts = []
      waitingBytes = 0
      from = end + 1
      onLine(line)
    }
    if (from === chunk.length) return
    parts.push(chunk.subarray(from))
    waitingBytes += chunk.length - from
    if (waitingBytes < maxBytes) return
    onLine(Buffer.concat(parts))
    parts = []
    waitingBytes = 0
  }
}
