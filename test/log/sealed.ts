import { crc32 } from 'node:zlib'

/** A log whose end gives the checksum of what is before it now, as if it had been written so; one without an end as it is. */
export function sealed(log: string | Buffer): Buffer {
  const lines = log.toString('utf8').split('\n').slice(0, -1)
  const before = Buffer.from(
    lines
      .slice(0, -1)
      .map((line) => `${line}\n`)
      .join(''),
  )
  const end = JSON.parse(lines.at(-1) ?? '') as { readonly type: string; readonly data: object }
  if (end.type !== 'run_ended') return Buffer.from(log)
  const data = { ...end.data, checksum: { bytes: before.length, crc32: crc32(before) } }
  return Buffer.concat([before, Buffer.from(`${JSON.stringify({ ...end, data })}\n`)])
}
