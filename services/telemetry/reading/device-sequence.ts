/**
 * Phones and trackers do not number their readings. The producer makes a number of the content of such a
 * reading instead, so that a repeated one has the same key. These numbers begin here and are no counters;
 * readings of our own JSON have smaller numbers.
 */
export const firstDeviceSequence = 2 ** 52

/** Whether the number was counted by the vehicle: it is neither left out nor made of the content. */
export function isCounted(sequence: number): boolean {
  return sequence > 0 && sequence < firstDeviceSequence
}
