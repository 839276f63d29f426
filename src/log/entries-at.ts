import { fstatSync } from 'node:fs'
import { RamureError } from './error.ts'
import { scanHead } from './head.ts'
import { linesForward } from './lines.ts'
import { formatVersion } from './log-file.ts'
import { seek } from './seek.ts'
import { decodeLine, type Sifted } from './sift.ts'

/** The entries of an open log file with these numbers, which rise. Throws ERR_LOG_LINE when one of them is not there. */
export function entriesIn(fd: number, seqs: readonly number[]): readonly Sifted[] {
  const [first = 1] = seqs
  const size = fstatSync(fd).size
  const found: Sifted[] = []
  const version = formatVersion(fd)
  for (const line of linesForward(fd, seek(fd, size, ({ seq }) => seq >= first).from, size)) {
    const wanted = seqs[found.length]
    if (wanted === undefined) break
    // Of the lines in between nothing but their number is looked at.
    const head = scanHead(line)
    if (head !== null && head.seq !== wanted) continue
    const read = decodeLine(line, version)
    if (typeof read !== 'string' && read.entry.seq === wanted) found.push(read)
  }
  if (found.length === seqs.length) return found
  throw new RamureError('ERR_LOG_LINE', `The entry ${seqs[found.length]} is not in the log any more.`, {
    hint: 'Something changed the file of a run; `ramure verify` says where.',
  })
}
