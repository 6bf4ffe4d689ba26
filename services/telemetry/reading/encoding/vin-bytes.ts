const maxVinLength = 32
/** 1 for each byte that a vin may have. The index is the byte. */
const isVinByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9-]/.test(String.fromCharCode(byte)) ? 1 : 0,
)

/** Whether the bytes from `begin` to `end` (exclusive) are a vin. */
export function isVin(bytes: Uint8Array, begin: number, end: number): boolean {
  if (end === begin || end - begin > maxVinLength) return false
  for (let at = begin; at < end; at += 1) if (isVinByte[bytes[at] as number] === 0) return false
  return true
}
