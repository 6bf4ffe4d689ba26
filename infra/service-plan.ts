import type { Address } from './address.ts'

export type Role =
  | 'postgres'
  | 'zookeeper'
  | 'kafka'
  | 'provision'
  | 'producer'
  | 'consumer'
  | 'ingress'
  | 'dashboard'
  | 'fleet'

/** How a target finds out that a service does its work, not just that it runs. */
export type ReadyCheck =
  | { readonly kind: 'sql'; readonly address: Address }
  /** It serves clients: of several ZooKeepers only one that is in a quorum does. */
  | { readonly kind: 'quorum'; readonly address: Address }
  | { readonly kind: 'broker'; readonly address: Address }
  | { readonly kind: 'http'; readonly address: Address; readonly path: string }
  | { readonly kind: 'exit' }
  | { readonly kind: 'none' }

/** One instance of a service, for a target to render. */
export type ServicePlan = {
  /** Role and number, e.g. `producer-0`. */
  readonly name: string
  readonly role: Role
  readonly instance: number
  /** What our own services read from their environment. */
  readonly env: Readonly<Record<string, string>>
  /** What Postgres, ZooKeeper and Kafka are configured with, in their own words. */
  readonly settings: Readonly<Record<string, string>>
  /** The most that Java's or Node's heap may take. */
  readonly heapMegabytes?: number
  /**
   * Of each half of Node's room for young objects, of which there are three; V8's own 16 where left
   * out. Less costs speed: with 4 a producer takes a third fewer requests.
   */
  readonly youngMegabytes?: number
  readonly ready: ReadyCheck
}
