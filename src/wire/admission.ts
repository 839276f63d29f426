/**
 * Who may connect. Decided from the request alone, before any frame is read. Names of agents are no secret (tmux shows
 * them to every user of the machine), so an unknown one is told apart from a wrong token; tokens are compared in
 * constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface UpgradeRequest {
  readonly url?: string | undefined
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
}

export type Admission =
  | { readonly kind: 'admitted'; readonly agent: string; readonly protocol: string | null }
  /** Closed by an answer that only WebSocket clients can read. */
  | { readonly kind: 'closed'; readonly code: 4000 | 4001; readonly reason: string }
  /** Turned away before the upgrade. */
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly why: string }

export interface Admitting {
  /** The agent's token, or null when there is no such agent. Asked for well-formed names only. */
  token(agent: string): string | null
  /** Origins of browsers that may connect; a request without one does not come from a browser. */
  readonly allowedOrigins: readonly string[]
}

/** Subprotocol of binary frames. */
export const MSGPACK_PROTOCOL = 'ramure.msgpack'
const JSON_PROTOCOL = 'ramure.json'
const BEARER_PROTOCOL = 'ramure.bearer.'

/** Decides about one upgrade request. */
export function admit(request: UpgradeRequest, admitting: Admitting): Admission {
  const origin = one(request.headers.origin)
  if (origin !== undefined && !admitting.allowedOrigins.includes(origin)) {
    return { kind: 'refused', status: 403, why: 'a browser origin that was not allowed' }
  }
  const agent = PATH.exec(request.url ?? '')?.[1]
  if (agent === undefined) return { kind: 'closed', code: 4000, reason: 'invalid path' }
  const token = NAME.test(agent) ? admitting.token(agent) : null
  if (token === null) return { kind: 'closed', code: 4001, reason: `unknown agent: ${printable(agent)}` }
  const offers = protocolsOf(request)
  const shown = tokenOf(request, offers)
  if (shown === null || !isSame(shown, token)) {
    return { kind: 'refused', status: 401, why: `${shown === null ? 'no' : 'a wrong'} token for agent '${agent}'` }
  }
  return { kind: 'admitted', agent, protocol: chooseProtocol(offers) }
}

/** The name is taken as it was sent: no name that needs decoding is a valid one. */
const PATH = /^\/agents\/([^/?#]+)\/ws(?:\?.*)?$/
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

function protocolsOf(request: UpgradeRequest): readonly string[] {
  const header = one(request.headers['sec-websocket-protocol']) ?? ''
  return header
    .split(',')
    .map((offer) => offer.trim())
    .filter((offer) => offer !== '')
}

/** The header wins; browsers cannot set it and offer a subprotocol instead. */
function tokenOf(request: UpgradeRequest, offers: readonly string[]): string | null {
  const header = one(request.headers.authorization)
  if (header !== undefined) return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? null
  return offers.find((offer) => offer.startsWith(BEARER_PROTOCOL))?.slice(BEARER_PROTOCOL.length) ?? null
}

/** A client that offers protocols wants one of them back, or it hangs up: failing others, the one that carried the token. */
export function chooseProtocol(offers: readonly string[]): string | null {
  return (
    [MSGPACK_PROTOCOL, JSON_PROTOCOL].find((known) => offers.includes(known)) ??
    offers.find((offer) => offer.startsWith(BEARER_PROTOCOL)) ??
    null
  )
}

/** Hashes have one length, so neither length nor content of the secret shows in the time this takes. */
function isSame(shown: string, secret: string): boolean {
  return timingSafeEqual(sha256(shown), sha256(secret))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** A close reason holds 123 bytes. */
function printable(name: string): string {
  return name.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
}

function one(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}
