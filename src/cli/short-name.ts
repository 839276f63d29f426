/** The words of a run's id when no other run has them, else the whole id. */
export function shortNameOf(run: string, runs: readonly string[]): string {
  const words = run.split('-').slice(0, 2).join('-')
  return runs.filter((other) => other === words || other.startsWith(`${words}-`)).length <= 1 ? words : run
}
