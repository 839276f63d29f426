/** A run without what Node has had only since version 24: the oldest Node that the package promises has none of it. */
for (const name of ['AsyncDisposableStack', 'DisposableStack', 'SuppressedError', 'Float16Array', 'URLPattern'])
  Reflect.deleteProperty(globalThis, name)
for (const [holder, name] of [
  [Promise, 'try'],
  [RegExp, 'escape'],
  [Error, 'isError'],
  [Uint8Array, 'fromBase64'],
] as const)
  Reflect.deleteProperty(holder, name)

const { agent, agentProcess, scripted, step, wait, done } = await import('../../../src/index.ts')

const main = agentProcess('main', async () => {
  const worker = await agent('worker', { driver: scripted(async (me) => void (await me.call('hand_in'))) })
  worker.on('hand_in', () => done('fine'))
  await step('look', () => 1)
  return wait()
})

console.log(await main())
