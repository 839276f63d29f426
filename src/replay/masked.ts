import type { Json } from '../log/events.ts'
import { isList } from '../log/json.ts'

/**
 * True when `now` is `recorded` with something in the place of each mask: what the log hid is not compared, everything
 * around it is.
 */
export function equalsMasked(recorded: Json, now: Json): boolean {
  if (typeof recorded === 'string') return typeof now === 'string' && fits(recorded, now)
  if (recorded === null || typeof recorded !== 'object' || now === null || typeof now !== 'object') return recorded === now
  if (isList(recorded))
    return isList(now) && recorded.length === now.length && recorded.every((item, at) => equalsMasked(item, now[at] ?? null))
  return !isList(now) && fieldsFit(recorded, now)
}

type Fields = { readonly [key: string]: Json }

function fieldsFit(recorded: Fields, now: Fields): boolean {
  const names = Object.keys(recorded)
  if (names.length !== Object.keys(now).length) return false
  const masked = names.filter((name) => !Object.hasOwn(now, name))
  if (masked.length > 0 && !maskedNamesFit(masked, recorded, now)) return false
  return names.every((name) => !Object.hasOwn(now, name) || equalsMasked(recorded[name] ?? null, now[name] ?? null))
}

/** Names can be masked too, and then only their order tells which is which. */
function maskedNamesFit(masked: readonly string[], recorded: Fields, now: Fields): boolean {
  const left = new Set(Object.keys(now).filter((name) => !Object.hasOwn(recorded, name)))
  return masked.every((name) => {
    const other = [...left].find((each) => fits(name, each))
    if (other === undefined) return false
    left.delete(other)
    return equalsMasked(recorded[name] ?? null, now[other] ?? null)
  })
}

/** True when something in it was masked: a text, or a name. */
export function hasMask(value: Json): boolean {
  if (typeof value === 'string') return MASK.test(value)
  if (value === null || typeof value !== 'object') return false
  if (isList(value)) return value.some(hasMask)
  return Object.entries(value).some(([name, field]) => MASK.test(name) || hasMask(field))
}

const MASK = /‹masked:[\w.-]{1,64}›/

/** The parts between the masks stand in `now` in this order, with at least one character for each mask. */
function fits(recorded: string, now: string): boolean {
  if (recorded === now) return true
  const parts = recorded.split(MASK)
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (parts.length === 1 || !now.startsWith(first)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = now.indexOf(part, at + 1)
    if (found === -1) return false
    at = found + part.length
  }
  return now.length - last.length > at && now.endsWith(last)
}
