// JavaScript, because the set-up uses it before packages are installed. The types are in
// printable.d.mts.

// Cc are the control characters. The others separate lines or change the writing direction.
const interpreted = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** Red, green and yellow, and the return to the default colour. */
const colours = new Set(['\u001b[31m', '\u001b[32m', '\u001b[33m', '\u001b[39m'])
const colourOrInterpreted = new RegExp(`\\u001b\\[3[1239]m|${interpreted.source}`, 'gu')

export function escapeControls(text) {
  return text.replace(interpreted, escapeCharacter)
}

export function escapeControlsInLines(text) {
  return text.replace(colourOrInterpreted, (found) =>
    found === '\n' || found === '\t' || colours.has(found) ? found : escapeCharacter(found),
  )
}

export function escapeControlsInJson(text) {
  return text.replace(interpreted, (found) => (found === '\n' ? found : escapeCharacter(found)))
}

function escapeCharacter(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

export function hasControls(text) {
  return escapeControls(text) !== text
}
