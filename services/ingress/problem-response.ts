type ProblemOfIngress = {
  readonly status: number
  readonly reason: string
  readonly title: string
  readonly detail: string
  readonly headers?: readonly string[]
}

/** An error response of the ingress itself (RFC 9457), as bytes for a connection that is then closed. */
export function problemResponse({
  status,
  reason,
  title,
  detail,
  headers,
}: ProblemOfIngress): string {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail })
  return [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(headers ?? []),
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
