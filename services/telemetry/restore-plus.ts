/**
 * In a form body or a query, a plus that is not percent-encoded is decoded as a space. In a time and
 * in a number such a space can only have been a plus.
 */

const spaceBeforeOffset = /([Tt]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?) (?=\d{2}(?::?\d{2})?$)/
const spaceAsSign = /(^|\d\.?[eE]) (?=[\d.])/g

/** `2026-01-31T12:00:00 01:00` becomes `2026-01-31T12:00:00+01:00`. */
export function restorePlusInTime(text: string): string {
  return text.replace(spaceBeforeOffset, '$1+')
}

/** ` 1.5e 2` becomes `+1.5e+2`. */
export function restorePlusInNumber(text: string): string {
  return text.replace(spaceAsSign, '$1+')
}
