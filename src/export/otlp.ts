/**
 * A run as OpenTelemetry traces: lines of OTLP/JSON, each a whole request that a collector takes. What prompts, tools and files
 * contained stays here: spans carry names, times, outcomes and usage.
 */
import { VERSION } from '../log/version.ts'
import { type MaskedEntriesOptions, maskedEntries, type ReadCounts } from './masked-entries.ts'
import { type Attribute, attribute, type Span, spanner } from './spans.ts'

/** Version of the semantic conventions whose names the spans use; `gen_ai.*` was still in development then. */
const CONVENTIONS = '1.41.0'

export interface OtlpDone extends ReadCounts {
  readonly spansCount: number
}

/** Yields lines of at most 1,000 spans, children usually before their parents. The same run gives the same ids, always. */
export async function* exportOtlp(options: MaskedEntriesOptions): AsyncGenerator<string, OtlpDone> {
  const { run } = options
  const entries = maskedEntries(options)
  const spans = spanner(run)
  let resource: readonly Attribute[] = [attribute('service.name', 'ramure')]
  let spansCount = 0
  let waiting: Span[] = []
  const line = (): string => {
    spansCount += waiting.length
    const text = `${JSON.stringify(requestOf(resource, waiting))}\n`
    waiting = []
    return text
  }
  let next = await entries.next()
  for (; next.done !== true; next = await entries.next()) {
    const entry = next.value
    if (entry.type === 'run_started') resource = resourceOf(run, { ...entry.data })
    waiting.push(...spans.take(entry))
    if (waiting.length >= SPANS_AT_ONCE) yield line()
  }
  waiting.push(...spans.end())
  if (waiting.length > 0) yield line()
  return { ...next.value, spansCount }
}

const SPANS_AT_ONCE = 1000

function resourceOf(run: string, header: { readonly [name: string]: unknown }): readonly Attribute[] {
  const named: readonly (readonly [string, unknown])[] = [
    ['service.name', header['process']],
    ['service.instance.id', run],
    ['host.name', header['host']],
    ['process.pid', header['pid']],
    ['process.runtime.name', 'nodejs'],
    ['process.runtime.version', header['node']],
    ['telemetry.sdk.name', 'ramure'],
    ['telemetry.sdk.language', 'nodejs'],
    ['telemetry.sdk.version', header['ramure']],
  ]
  return named.flatMap(([key, value]) => (typeof value === 'string' || typeof value === 'number' ? [attribute(key, value)] : []))
}

function requestOf(resource: readonly Attribute[], spans: readonly Span[]): object {
  const schemaUrl = `https://opentelemetry.io/schemas/${CONVENTIONS}`
  const scope = { name: 'ramure', version: VERSION }
  return { resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope, spans, schemaUrl }], schemaUrl }] }
}
