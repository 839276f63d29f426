/** Tries schedules until one breaks an invariant, then finds the smallest that does. */
import { rerun } from '../../replay/rerun.ts'
import { isReserved } from '../../runtime/reserved-tools.ts'
import { idFrom } from '../../runtime/seed.ts'
import type { SimulatedOutcome, SimulatedRun } from '../simulated-run.ts'
import type { Invariant } from './always.ts'
import { type Checked, checkRun, type Failure } from './check-run.ts'
import { type Counterexample, PropertyFailed } from './counterexample.ts'
import { keep } from './keep.ts'
import type { Argument, Plan } from './plan.ts'
import { type Played, playAny, playPlan, type Subject } from './play.ts'
import { reportOf, rerunText } from './report.ts'
import { follow, type Shrunk, shrink } from './shrink.ts'
import type { SiteOf } from './story.ts'
import type { Question } from './test-text.ts'
import { writtenTest } from './written-test.ts'

export interface Exploration {
  readonly subject: Subject
  readonly invariants: readonly Invariant[]
  /** Of an invariant that is a function. */
  readonly questionOf: (invariant: Invariant) => Question | null
  readonly argumentsOf: (seed: string) => readonly Argument[]
  readonly seed: number
  readonly runs: number
  /** Only this schedule, and the way to its smallest form; null: all. */
  readonly path: readonly number[] | null
  readonly keeps: boolean
  readonly command: string
  /** Where the property stands: `file:line:column`, or null. */
  readonly site: string | null
  /** What may be wrong with the property itself. */
  readonly doubt: (seen: Pick<Explored, 'agents'>) => string | null
}

/** What was tried, and found to hold. */
export interface Explored {
  readonly seed: number
  readonly schedules: number
  /** Steps of all schedules together, and of the longest. */
  readonly steps: number
  readonly stepsMax: number
  readonly virtualMs: number
  /** How often runs ended how. */
  readonly outcomes: Readonly<Partial<Record<SimulatedOutcome, number>>>
  /** How often each tool was called: `builder.submit`; endpoints from outside as `outside.status`. */
  readonly calls: Readonly<Record<string, number>>
  /** Agents by name, with the tools they were given. */
  readonly agents: Readonly<Record<string, readonly string[]>>
  /** Schedules that were cut off after as many steps as one may have. */
  readonly cutOff: number
}

export async function explore(what: Exploration): Promise<Explored> {
  const seen = tally(what.seed)
  const [first = 0] = what.path ?? []
  const last = what.path ? first + 1 : what.runs
  for (let at = first; at < last; at += 1) {
    const played = await playNth(what, at)
    const checked = what.path ? await checkFollowed(what, played, what.path.slice(1)) : await check(what, played)
    seen.add(played.run)
    if (checked.failure) throw await failed(what, at, seen.explored(), played, checked as Broken)
  }
  return seen.explored()
}

type Broken = Checked & { readonly failure: Failure }

function playNth({ subject, seed, argumentsOf }: Exploration, at: number): Promise<Played> {
  const digits = idFrom(String(seed), '/', 'schedule', at)
  return playAny(subject, { seed: at, args: argumentsOf(digits) }, digits)
}

function check({ subject, invariants }: Exploration, played: Played): Promise<Checked> {
  return checkRun(played, invariants, async (schedule) => (await playPlan(subject, { ...played.plan, schedule })).run)
}

async function checkFollowed(what: Exploration, played: Played, path: readonly number[]): Promise<Checked> {
  return check(what, await follow(played, path, what.subject.args.allows, (plan) => playPlan(what.subject, plan)))
}

async function failed(what: Exploration, at: number, seen: Explored, found: Played, first: Broken): Promise<PropertyFailed> {
  const { played, failure, path: way } = await shrunk(what, { ...first, path: what.path?.slice(1) ?? [] })
  const { siteOf, program } = await lines(what.subject, played.run)
  const process = what.subject.definition.name
  const { invariant } = failure
  const text = await writtenTest({ process, invariant, question: what.questionOf(invariant), run: played.run, program, site: what.site })
  const path = [at, ...way].join(':')
  const { seed, runs, command } = what
  const { name: property } = failure.invariant
  const broken = { property, why: failure.why, outcome: played.run.outcome, rerun: rerunText({ seed, path, command }) }
  const kept = what.keeps ? await keep(what.subject, played, program, { testText: text, counterexample: broken }) : null
  const stepsFound = found.plan.schedule.length
  const { virtualMs } = seen
  const facts = { process, failure, run: played.run, siteOf, at: at + 1, runs, virtualMs, stepsFound, seed, path, kept, command }
  const story = reportOf({ ...facts, doubt: what.doubt(seen) })
  const counterexample: Counterexample = {
    invariant: failure.invariant.name,
    why: failure.why,
    seed,
    path,
    args: played.run.args,
    schedule: played.run.schedule,
    run: played.run,
    stepsFound,
    kept,
    testText: text,
  }
  return new PropertyFailed(story, counterexample)
}

/** Replays take half of the time, and only the last one is looked at: unless it says something else, they are left out on the way. */
async function shrunk(what: Exploration, start: Shrunk): Promise<Shrunk> {
  const { subject } = what
  const tested = (with_: Subject) => async (plan: Plan) => check(what, await playPlan(with_, plan))
  const fully = tested(subject)
  const quickly = tested({ ...subject, simulate: { ...subject.simulate, replay: false } })
  const { allows } = subject.args
  const found = await shrink(start, allows, start.failure.invariant.name === 'replays' ? fully : quickly)
  const { played, failure } = await fully(found.played.plan)
  if (failure?.invariant.name === start.failure.invariant.name) return { played, failure, path: found.path }
  return shrink(start, allows, fully)
}

/** The lines of a run's outputs, and the file that most of them are in. */
async function lines({ definition }: Subject, { entries }: SimulatedRun): Promise<{ siteOf: SiteOf; program: string | null }> {
  const { siteOf } = await rerun(definition, entries, { sites: 'all', lenient: true })
  const [first] = entries.flatMap(({ seq, by }) => (by === 'program' ? (siteOf(seq) ?? []) : []))
  return { siteOf, program: first?.replace(/:\d+:\d+$/, '') ?? null }
}

function tally(seed: number) {
  const outcomes: Partial<Record<SimulatedOutcome, number>> = {}
  const calls: Record<string, number> = {}
  const agents: Record<string, string[]> = {}
  const given = (agent: string, tools: readonly string[]) => {
    const known = (agents[agent] ??= [])
    known.push(...tools.filter((tool) => !isReserved(tool) && !known.includes(tool)))
  }
  const sums = { schedules: 0, steps: 0, stepsMax: 0, virtualMs: 0, cutOff: 0 }
  return {
    add(run: SimulatedRun) {
      const steps = run.schedule.length
      sums.schedules += 1
      sums.steps += steps
      sums.stepsMax = Math.max(sums.stepsMax, steps)
      sums.virtualMs += run.durationMs
      if (run.wasCutOff) sums.cutOff += 1
      outcomes[run.outcome] = (outcomes[run.outcome] ?? 0) + 1
      for (const { agent = '', data } of run.all('registered'))
        given(
          agent,
          data.tools.map(({ name }) => name),
        )
      for (const { agent = '', data } of run.all('tool_registered')) given(agent, [data.name])
      for (const { data } of run.all('endpoint_called', { by: 'world' }))
        calls[`outside.${data.endpoint}`] = (calls[`outside.${data.endpoint}`] ?? 0) + 1
      for (const { agent, tool } of run.calls()) calls[`${agent}.${tool}`] = (calls[`${agent}.${tool}`] ?? 0) + 1
    },
    explored: (): Explored => ({ seed, ...sums, outcomes, calls, agents }),
  }
}
