/** Megabytes that a service of ours has in memory, as its metrics say. */
export async function residentMegabytes(opsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  const line = /^process_resident_memory_bytes\S* (\d+)/m.exec(text)
  return Math.round(Number(line?.[1] ?? NaN) / 1024 / 1024)
}
