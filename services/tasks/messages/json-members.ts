const [quotationMark, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * The texts of the values of a JSON object, by name. They keep all digits of their numbers. Of members
 * with the same name the last one counts, as with `JSON.parse`.
 *
 * @param json the text of an object that `JSON.parse` accepts
 */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  let at = json.indexOf('"', json.indexOf('{'))
  while (at !== -1) {
    const endOfName = endOfText(json, at)
    const begin = json.indexOf(':', endOfName) + 1
    const end = endOfValue(json, begin)
    members.set(JSON.parse(json.slice(at, endOfName + 1)) as string, json.slice(begin, end).trim())
    at = json.charCodeAt(end) === comma ? json.indexOf('"', end) : -1
  }
  return members
}

/** The index of the comma or brace after a value. */
function endOfValue(json: string, begin: number): number {
  let depth = 0
  for (let at = begin; ; at += 1) {
    switch (json.charCodeAt(at)) {
      case quotationMark:
        at = endOfText(json, at)
        break
      case openBracket:
      case openBrace:
        depth += 1
        break
      case closeBracket:
        depth -= 1
        break
      case closeBrace:
        if (depth === 0) return at
        depth -= 1
        break
      case comma:
        if (depth === 0) return at
    }
  }
}

/** The index of the quotation mark that ends the text that begins here. */
function endOfText(json: string, begin: number): number {
  let at = begin + 1
  while (json.charCodeAt(at) !== quotationMark) at += json.charCodeAt(at) === backslash ? 2 : 1
  return at
}
