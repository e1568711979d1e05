// Compiled, not run (`npm run types`): the types are those that users need.
import { check, checkAsync, checkRendered, formats, GatekeeperError, inspect, inspectAsync, main } from '..'
import type { GateVerdict, Inspection, Verdict } from '..'

export async function use(): Promise<number> {
  const verdict: Verdict = await checkAsync({ root: '.', now: new Date(), failOnWarn: check().status === 'warn' })
  const gates: Array<GateVerdict> = verdict.gates.filter((gate) => gate.status === 'fail')
  const answers: Array<Inspection> = await inspectAsync('a.xml', { readAs: formats()[0].id })
  const comment: string = checkRendered(['markdown'])['markdown']
  // @ts-expect-error a file's name is a string
  inspect(12)
  // @ts-expect-error there is no such status
  if (verdict.status === 'passed') return 1
  check({ rules: { slow: (evidence, config) => evidence.map((e) => `${e.path}: slower than ${config.limit}`) } })
  check({ rules: { covered: { kind: 'coverage', judge: () => ({ status: 'warn', reason: 'so' }) } } })
  // @ts-expect-error a rule answers at once
  check({ rules: { later: async () => true } })
  // @ts-expect-error there is no such kind
  check({ rules: { covered: { kind: 'covrage', judge: () => true } } })
  try {
    return main(['check', comment, answers[0].error?.code ?? gates[0].name])
  } catch (error) {
    return error instanceof GatekeeperError ? (error.line ?? error.problems.length) : 1
  }
}
