import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../log/events.ts'
import { messageScript } from './message-script.ts'
import { type ModelRequest, parseModelRequest } from './model-request.ts'
import { type ModelStep, modelChunks } from './model-stream.ts'

export interface ModelServerOptions {
  /** A pure function of the conversation; what it throws is answered with status 400. Default `messageScript`. */
  readonly respond?: (request: ModelRequest) => ModelStep
  /** Port on 127.0.0.1; default any free one. */
  readonly port?: number
  /** How many of the newest requests are kept; default 1000. */
  readonly requestsMax?: number
}

export interface ModelServer {
  /** Base URL of the API: `http://127.0.0.1:<port>/v1`. */
  readonly url: string
  /** The bearer key that clients must present. */
  readonly key: string
  /** The newest requests that were understood, oldest first. */
  readonly requests: readonly ModelRequest[]
  /** Ends every open answer and stops listening. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const BODY_BYTES_MAX = 64 * 1024 * 1024

/** Starts a model on loopback that needs no model: OpenAI's streaming chat completions, answered by a function. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { respond = messageScript, requestsMax = 1000 } = options
  const key = `ramure-model-${randomBytes(24).toString('hex')}`
  const requests: ModelRequest[] = []
  const remember = (request: ModelRequest): void => {
    requests.push(request)
    if (requests.length > requestsMax) requests.shift()
  }
  const server = createServer((incoming, response) => {
    void answer(incoming, response, { key, respond, remember })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  // A server on an IP address has an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1`, key, requests, close, [Symbol.asyncDispose]: close }
}

interface Context {
  readonly key: string
  readonly respond: (request: ModelRequest) => ModelStep
  readonly remember: (request: ModelRequest) => void
}

/** Never rejects: whatever goes wrong is an answer, or nobody is there any more to hear it. */
async function answer(incoming: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  try {
    if (!holdsKey(incoming, context.key)) return refuse(response, 401, 'The bearer key is missing or wrong.')
    if (incoming.method === 'GET' && incoming.url === '/v1/models') return sendModels(response)
    if (incoming.method !== 'POST' || incoming.url !== '/v1/chat/completions') return refuse(response, 404, 'There is no such route.')
    const body = await readBody(incoming)
    if (body === null) return refuse(response, 413, `The request is longer than ${BODY_BYTES_MAX} bytes.`)
    await complete(body, response, context)
  } catch (error) {
    if (response.headersSent) response.destroy()
    else refuse(response, error instanceof TypeError || error instanceof SyntaxError ? 400 : 500, String(error))
  }
}

/** Compares hashes, so that the time taken tells neither length nor prefix of the key. */
function holdsKey(incoming: IncomingMessage, key: string): boolean {
  const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(sha256(incoming.headers.authorization ?? ''), sha256(`Bearer ${key}`))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error' } }))
}

function sendModels(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ object: 'list', data: [{ id: MODEL_ID, object: 'model' }] }))
}

/** Name of the model that the server offers; it answers to every other name as well. */
export const MODEL_ID = 'scripted-1'

async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length
    if (bytes > BODY_BYTES_MAX) return null
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function complete(body: string, response: ServerResponse, { respond, remember }: Context): Promise<void> {
  const request = parseModelRequest(JSON.parse(body))
  remember(request)
  const step = plan(respond, request)
  if (!(await stillThereAfter(step.delayMs ?? 0, response))) return
  if (step.kind === 'error') return refuse(response, step.status, step.message ?? `Scripted error ${step.status}.`)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const chunk of modelChunks(step, request)) response.write(`data: ${JSON.stringify({ ...frame(request), ...chunk })}\n\n`)
  if (step.kind !== 'hang') response.end('data: [DONE]\n\n')
}

/** The script's author sees the failure in the agent's own words; 400 because a retry would fail the same way. */
function plan(respond: Context['respond'], request: ModelRequest): ModelStep {
  try {
    return respond(request)
  } catch (error) {
    return { kind: 'error', status: 400, message: `The script of the model failed: ${String(error)}` }
  }
}

function stillThereAfter(delayMs: number, response: ServerResponse): Promise<boolean> {
  if (delayMs === 0) return Promise.resolve(true)
  return new Promise((resolve) => {
    const left = (): void => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      response.off('close', left)
      resolve(true)
    }, delayMs)
    response.once('close', left)
  })
}

const frame = (request: ModelRequest): JsonObject => ({
  id: `chatcmpl-${request.messages.length}`,
  object: 'chat.completion.chunk',
  created: 0,
  model: request.model,
})
