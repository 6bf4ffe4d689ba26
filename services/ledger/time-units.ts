/**
 * A time since the Unix epoch or a duration, in microseconds. The compiler refuses a `Micros` where a
 * `Millis` is expected. Plain numbers are accepted as both, so arithmetic needs no casts.
 */
export type Micros = number & { readonly unit?: 'microseconds' }
/** A time since the Unix epoch or a duration, in milliseconds. */
export type Millis = number & { readonly unit?: 'milliseconds' }
