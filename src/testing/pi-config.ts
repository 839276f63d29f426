import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MODEL_ID, type ModelServer } from './model-server.ts'

/**
 * Writes a configuration folder with which pi knows one model, the one of `server`, and asks no questions.
 * `env` goes to pi, `model` is what `--model` takes. The key is in `env` only, never in a file.
 */
export async function piConfig(folder: string, server: ModelServer): Promise<{ env: Record<string, string>; model: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'models.json'), JSON.stringify(models(server.url), null, 2))
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS, null, 2))
  return { env: { PI_CODING_AGENT_DIR: folder, [KEY_NAME]: server.key }, model: `scripted/${MODEL_ID}` }
}

const KEY_NAME = 'RAMURE_MODEL_KEY'

const SETTINGS = { quietStartup: true, enableInstallTelemetry: false, retry: { maxRetries: 2, baseDelayMs: 100 } }

const models = (baseUrl: string): object => ({
  providers: {
    scripted: {
      baseUrl,
      api: 'openai-completions',
      apiKey: `$${KEY_NAME}`,
      compat: { supportsDeveloperRole: false, supportsStore: false },
      models: [
        {
          id: MODEL_ID,
          reasoning: false,
          input: ['text'],
          contextWindow: 128_000,
          maxTokens: 4096,
          cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
        },
      ],
    },
  },
})
