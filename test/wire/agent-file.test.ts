import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { agentFilePath, newToken, removeAgentFile, removeAgentFiles, writeAgentFile } from '../../src/wire/agent-file.ts'
import { RUN } from './host.ts'
import { tempFolder } from './temp.ts'

const file = { server_url: 'ws://127.0.0.1:1', execution_id: RUN, agent: 'alice', token: 'secret' }

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test('the file says where to connect and as whom, and only its user can read it', async () => {
  const runtimes = join(await tempFolder(), 'home', 'runtimes')
  const path = await writeAgentFile(runtimes, file)
  expect(path).toBe(join(runtimes, `${RUN}.agents`, 'alice.json'))
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(file)
  expect([await modeOf(path), await modeOf(dirname(path)), await modeOf(runtimes)]).toEqual(['600', '700', '700'])
})

test('folders that others could enter are closed first', async () => {
  const runtimes = join(await tempFolder(), 'runtimes')
  await mkdir(join(runtimes, `${RUN}.agents`), { recursive: true })
  await chmod(runtimes, 0o755)
  await chmod(join(runtimes, `${RUN}.agents`), 0o777)
  const path = await writeAgentFile(runtimes, file)
  expect([await modeOf(dirname(path)), await modeOf(runtimes)]).toEqual(['700', '700'])
})

test('a link planted in its place is replaced, not written through', async () => {
  const runtimes = await tempFolder()
  const victim = join(runtimes, 'victim')
  await writeFile(victim, 'precious')
  await mkdir(join(runtimes, `${RUN}.agents`))
  await symlink(victim, agentFilePath(runtimes, RUN, 'alice'))
  const path = await writeAgentFile(runtimes, file)
  expect(await readFile(victim, 'utf8')).toBe('precious')
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(file)
  expect(await modeOf(path)).toBe('600')
})

test('a link planted in place of its folder is refused', async () => {
  const runtimes = await tempFolder()
  await mkdir(join(runtimes, 'elsewhere'))
  await symlink(join(runtimes, 'elsewhere'), join(runtimes, `${RUN}.agents`))
  await expect(writeAgentFile(runtimes, file)).rejects.toMatchObject({ code: 'ERR_UNSAFE_FOLDER' })
  expect(await readdir(join(runtimes, 'elsewhere'))).toEqual([])
})

test.each(['../../x', 'a;b', '-t', '😀', '', '__proto__', '%2e', 'a/b'])('the agent name %j makes no path', async (agent) => {
  await expect(writeAgentFile(await tempFolder(), { ...file, agent })).rejects.toMatchObject({ code: 'ERR_BAD_NAME' })
})

test.each(['../../x', 'a;b', '', 'brisk-otter', '../brisk-otter-4q7m2xk9'])('the run %j makes no path', async (run) => {
  await expect(writeAgentFile(await tempFolder(), { ...file, execution_id: run })).rejects.toMatchObject({ code: 'ERR_BAD_NAME' })
})

test('removing leaves the folder, which another agent may be about to use, and may be done twice', async () => {
  const runtimes = await tempFolder()
  const path = await writeAgentFile(runtimes, file)
  await removeAgentFile(path)
  await removeAgentFile(path)
  expect(await readdir(join(runtimes, `${RUN}.agents`))).toEqual([])
})

test('the folder goes with the files of all agents, and may be removed twice', async () => {
  const runtimes = await tempFolder()
  await Promise.all(['alice', 'bob'].map((agent) => writeAgentFile(runtimes, { ...file, agent })))
  await removeAgentFiles(runtimes, RUN)
  await removeAgentFiles(runtimes, RUN)
  expect(await readdir(runtimes)).toEqual([])
})

test('tokens are 256 bits that fit into a header and a subprotocol, and never the same', () => {
  const tokens = Array.from({ length: 100 }, newToken)
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(new Set(tokens).size).toBe(100)
})
