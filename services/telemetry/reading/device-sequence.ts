/**
 * Phones and trackers do not number their readings. Instead the producer computes a number from the content of
 * such a reading, so a repeated reading has the same key. This is the first of these numbers. They are not
 * counters. Readings in our own JSON have smaller numbers.
 */
export const firstDeviceSequence = 2 ** 52

/** Whether the vehicle has counted the number: it is neither left out nor computed from the content. */
export function isCounted(sequence: number): boolean {
  return sequence > 0 && sequence < firstDeviceSequence
}
