import type { BrokenProperty } from '../log/events.ts'

/** `property 'terminates' broken: review waits for …, and nothing left can wake it`. */
export function brokenText({ property, why }: BrokenProperty): string {
  return `property '${property}' broken: ${why}`
}
