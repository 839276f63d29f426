/** Plays a schedule as it was written. */
import type { Director } from './conductor.ts'
import { isTurnStep, type Schedule, type TurnStep } from './schedule.ts'

/** @param then who goes on after the last step; default: nobody does anything more. */
export function fixedDirector(schedule: Schedule, then: Pick<Director, 'next'> | null = null): Director {
  const steps = schedule.filter(isTurnStep)
  const execs = new Map(schedule.flatMap((step) => ('exec' in step ? [[step.exec, step.does] as const] : [])))
  const effects = new Map(schedule.flatMap((step) => ('step' in step ? [[step.step, step.does] as const] : [])))
  const timers = new Map(schedule.flatMap((step) => ('timer' in step ? [[step.timer, step.lateMs] as const] : [])))
  let at = 0
  return {
    next: (scene): TurnStep | null => steps[at++] ?? then?.next(scene) ?? null,
    exec: (nth) => execs.get(nth) ?? null,
    effect: (nth) => effects.get(nth) ?? null,
    timerLateMs: (nth) => timers.get(nth) ?? 0,
  }
}
