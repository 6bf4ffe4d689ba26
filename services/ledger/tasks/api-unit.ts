/** Tasks that are made through the API or by a command have the unit `api:ID`. */

/** The ids that a client may choose. */
export const apiIdPattern = /^[A-Za-z0-9._:-]{1,100}$/

export const toApiUnit = (id: string): string => `api:${id}`
