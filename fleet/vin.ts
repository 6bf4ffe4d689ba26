import { scramble } from './random.ts'

/** Vehicle identification numbers: ISO 3779, with the check digit of 49 CFR 565.15(c). */

const alphabet = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ'
const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
/** What A to Z count in the check sum; I, O and Q are no VIN characters. */
const letterValues = '12345678.12345.7.923456789'
const modelYears = 'PRST'

/** How many vehicles of one seed have a VIN of their own: the six digits of the serial number. */
const vinsPerSeed = 1_000_000

/**
 * The VIN of one vehicle of a fleet. No two pairs of seed and index have the same one: the serial
 * number is the index, and positions 4 to 8, 10 and 11 spell the scrambled seed.
 *
 * @param wmi world manufacturer identifier, three characters
 * @param seed a 32-bit unsigned integer
 * @param index 0 to 999,999; RangeError otherwise
 */
export function toVin(wmi: string, seed: number, index: number): string {
  if (!Number.isInteger(index) || index < 0 || index >= vinsPerSeed) {
    throw new RangeError(`a vehicle's index is 0 to ${vinsPerSeed - 1}, this is ${index}`)
  }
  const { characters, rest } = spell(scramble(seed), 6)
  const year = modelYears.charAt(rest)
  const serial = String(index).padStart(6, '0')
  const vin = `${wmi}${characters.slice(0, 5)}0${year}${characters.slice(5)}${serial}`
  return `${vin.slice(0, 8)}${checkDigit(vin)}${vin.slice(9)}`
}

/** `value` in the VIN alphabet; six characters leave a rest of 0 to 3 of any 32-bit integer. */
function spell(value: number, length: number): { characters: string; rest: number } {
  let [characters, rest] = ['', value]
  while (characters.length < length) {
    characters += alphabet.charAt(rest % alphabet.length)
    rest = Math.floor(rest / alphabet.length)
  }
  return { characters, rest }
}

/** The character that belongs at position 9 of these 17; what stands there now does not count. */
export function checkDigit(vin: string): string {
  const sum = weights.reduce((total, weight, at) => total + weight * valueOf(vin.charAt(at)), 0)
  return '0123456789X'.charAt(sum % 11)
}

function valueOf(character: string): number {
  const letter = character.charCodeAt(0) - 'A'.charCodeAt(0)
  return Number(letter < 0 ? character : letterValues.charAt(letter))
}
