/**
 * A client that sends as fast as it can: `<agent file as JSON> <calls> <characters of each>`. Prints, as JSON, the numbers it
 * got back in order, and the most calls that had left it without being answered.
 */
import { WebSocket } from 'ws'

const [file = '{}', calls = '0', characters = '0'] = process.argv.slice(2)
const { server_url, execution_id, agent, token } = JSON.parse(file) as Record<string, string>
const ws = new WebSocket(`${server_url}/agents/${agent}/ws`, { headers: { authorization: `Bearer ${token}` } })
const send = (event_type: string, data: unknown) => ws.send(JSON.stringify({ type: 'event', event_type, data }))
const text = 'x'.repeat(Number(characters))
const frameBytes = text.length + 90
const results: unknown[] = []
let unansweredMax = 0

ws.on('open', () => send('register', { execution_id }))
ws.on('message', (data: Buffer) => {
  const { type, data: its } = JSON.parse(data.toString()) as { type: string; data: { result?: unknown } }
  if (type === 'registered')
    for (let n = 0; n < Number(calls); n += 1) send('tool_call', { call_id: `c${n}`, tool: 'report', params: { n, text } })
  if (type === 'tool_result') results.push(its.result)
  if (type === 'registered' || type === 'tool_result') {
    const left = Number(calls) - Math.ceil(ws.bufferedAmount / frameBytes)
    unansweredMax = Math.max(unansweredMax, left - results.length)
  }
  if (results.length === Number(calls)) ws.close()
})
ws.on('close', () => process.stdout.write(JSON.stringify({ results, unansweredMax })))
