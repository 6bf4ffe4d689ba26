import { scramble } from './random.ts'

/** Vehicle identification numbers: ISO 3779, with the check digit of 49 CFR 565.15(c). */

const alphabet = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ'
const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
/** Values of A to Z in the check sum. I, O and Q are not allowed in a VIN. */
const letterValues = '12345678.12345.7.923456789'
const modelYears = 'PRST'

/** Number of distinct VINs per seed: the serial number has six digits. */
const vinsPerSeed = 1_000_000

/**
 * The VIN of one vehicle of a fleet. It is unique per seed and index: the serial number is the
 * index, and positions 4 to 8, 10 and 11 encode the scrambled seed.
 *
 * @param wmi world manufacturer identifier, three characters
 * @param seed a 32-bit unsigned integer
 * @param index 0 to 999,999; RangeError otherwise
 */
export function toVin(wmi: string, seed: number, index: number): string {
  if (!Number.isInteger(index) || index < 0 || index >= vinsPerSeed) {
    throw new RangeError(
      `The index of a vehicle must be from 0 to ${vinsPerSeed - 1}; it is ${index}.`,
    )
  }
  const { characters, rest } = spell(scramble(seed), 6)
  const year = modelYears.charAt(rest)
  const serial = String(index).padStart(6, '0')
  const vin = `${wmi}${characters.slice(0, 5)}0${year}${characters.slice(5)}${serial}`
  return `${vin.slice(0, 8)}${checkDigit(vin)}${vin.slice(9)}`
}

/** Encodes `value` in the VIN alphabet. With six characters, a 32-bit integer leaves a rest of 0 to 3. */
function spell(value: number, length: number): { characters: string; rest: number } {
  let [characters, rest] = ['', value]
  while (characters.length < length) {
    characters += alphabet.charAt(rest % alphabet.length)
    rest = Math.floor(rest / alphabet.length)
  }
  return { characters, rest }
}

/** The check digit for position 9 of a 17-character VIN. The current character there is ignored. */
export function checkDigit(vin: string): string {
  const sum = weights.reduce((total, weight, at) => total + weight * valueOf(vin.charAt(at)), 0)
  return '0123456789X'.charAt(sum % 11)
}

function valueOf(character: string): number {
  const letter = character.charCodeAt(0) - 'A'.charCodeAt(0)
  return Number(letter < 0 ? character : letterValues.charAt(letter))
}
