import { z } from 'zod'

/** Kinds of settings that several sections of the configuration use. */

export const port = (fallback: number, description: string) =>
  z.int().min(1).max(65_535).default(fallback).describe(description)

export const instances = (maximum: number, description: string) =>
  z.int().min(1).max(maximum).default(1).describe(description)

export const text = (pattern: RegExp, rule: string) => z.string().regex(pattern, rule)

export const image = (fallback: string, description: string) =>
  z.string().min(1).default(fallback).describe(description)

/** The highest number of consumers, and of workers. */
export const maxConsumers = 64
