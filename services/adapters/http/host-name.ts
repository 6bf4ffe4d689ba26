const pattern = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/

/** Host names that a machine has for itself. */
export const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * The host name in a header `Host`, in lower case and without the port. Undefined if the header is
 * missing or invalid.
 */
export function hostNameOf(host: string | undefined): string | undefined {
  return pattern.exec(host ?? '')?.[1]?.toLowerCase()
}
