/** How the text of a file is encoded: the values of `map.encoding`. */
export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'] as const

export type Encoding = (typeof encodings)[number]

/** Decodes one part of a text after the other. A character may be in two parts. */
export type PartDecoder = {
  /** @throws TypeError for bytes that are not text in the encoding */
  decode(part: Uint8Array): string
  /** @throws TypeError if the last character is not complete */
  end(): string
}

export function createPartDecoder(encoding: Exclude<Encoding, 'utf-8'>): PartDecoder {
  switch (encoding) {
    case 'utf-16le':
    case 'utf-16be': {
      const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
      return {
        decode: (part) => decoder.decode(part, { stream: true }),
        end: () => decoder.decode(),
      }
    }
    case 'latin1':
      return { decode: toLatin1, end: () => '' }
    case 'windows-1252':
      return { decode: toWindows1252, end: () => '' }
    default:
      return encoding satisfies never
  }
}

const codeUnits = new TextDecoder('utf-16le')

/** Each byte is the code unit of its character. The platform's decoder for "latin1" is the one of Windows-1252. */
const toLatin1 = (part: Uint8Array): string => codeUnits.decode(new Uint16Array(part))

/**
 * The characters of the bytes 0x80 to 0x9F (encoding.spec.whatwg.org, index windows-1252). The five bytes without a
 * character stay control characters.
 */
const windowsCharacters = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'
const firstWindows = 0x80

const toWindows1252 = (part: Uint8Array): string =>
  toLatin1(part).replace(
    /[\u0080-\u009f]/g,
    (character) => windowsCharacters[character.charCodeAt(0) - firstWindows] ?? character,
  )
