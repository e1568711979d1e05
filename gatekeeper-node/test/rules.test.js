// Rules that are JavaScript functions.
'use strict'

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, test } = require('node:test')
const gatekeeper = require('..')

const root = mkdtempSync(path.join(os.tmpdir(), 'gatekeeper-rules-'))
after(() => rmSync(root, { recursive: true }))
writeFileSync(
  path.join(root, 'junit.xml'),
  '<testsuite name="s" tests="2"><testcase name="adds" classname="calc" time="12"/>' +
    '<testcase name="subtracts" classname="calc"><skipped/></testcase></testsuite>',
)
writeFileSync(path.join(root, 'lcov.info'), 'SF:src/a.c\nDA:1,1\nDA:2,0\nend_of_record\n')

const policy = (keys) => {
  const file = path.join(root, 'gatekeeper.toml')
  writeFileSync(file, `version = 1\n[gates.own]\nrule = "own"\n${keys}\n`)
  return file
}
// The same, on this thread and on another.
const judged = async (own, keys = '') => {
  const options = { root, config: policy(keys), now: '2026-01-01T00:00:00Z', rules: { own } }
  const verdict = gatekeeper.check(options)
  assert.deepEqual(await gatekeeper.checkAsync(options), verdict)
  const rendered = gatekeeper.checkRendered('json', options)
  assert.deepEqual(JSON.parse(rendered.json), verdict)
  assert.deepEqual(await gatekeeper.checkRenderedAsync('json', options), rendered)
  return { verdict, gate: verdict.gates[0] }
}

test('a rule sees the evidence and its own keys', async () => {
  let seen
  const judge = (evidence, config) => {
    seen = { evidence, config }
    const cases = evidence.flatMap((e) => e.data.suites.flatMap((s) => s.cases))
    return cases.filter((c) => c.status === 'skipped' && !config.except.includes(c.name)).map((c) => `${c.name} was skipped`)
  }
  const own = { kind: 'tests', judge }
  const { verdict, gate } = await judged(own, 'except = ["divides"]')
  assert.deepEqual([verdict.status, verdict.exit_code], ['fail', 1])
  assert.deepEqual([gate.status, gate.reason], ['fail', 'subtracts was skipped'])
  assert.deepEqual(seen.config, { except: ['divides'] })
  assert.deepEqual([seen.evidence[0].path, seen.evidence[0].kind, seen.evidence[0].summary.total], ['junit.xml', 'tests', 2])
  assert.equal((await judged(own, 'except = ["subtracts"]')).verdict.status, 'pass')
})

test('a rule takes one kind of evidence, or every kind', async () => {
  const all = await judged((evidence) => [evidence.map((e) => e.kind).sort().join()])
  assert.equal(all.gate.reason, 'coverage,tests')
  const judge = ([e]) => ({ status: 'warn', reason: `${e.summary.lines.covered} of ${e.summary.lines.total} lines` })
  const { gate } = await judged({ kind: 'coverage', judge })
  assert.deepEqual([gate.status, gate.reason], ['warn', '1 of 2 lines'])
})

const SLOW = [{ message: 'slow', status: 'warn' }]
for (const [answer, status] of [
  [undefined, 'pass'], [null, 'pass'], [true, 'pass'], [[], 'pass'], [false, 'fail'], [['too slow'], 'fail'], [SLOW, 'warn'],
  [{ status: 'inconclusive', reason: 'too few' }, 'inconclusive'], [{ status: 'pass', violations: ['but'] }, 'fail'],
  [0, 'error'], [NaN, 'error'], ['pass', 'error'], [{}, 'error'], [new Set(['slow']), 'error'], [() => true, 'error'],
  [{ status: 'pass', violations: () => true }, 'error'], [{ status: 'skip' }, 'error'], [[{ text: 'slow' }], 'error'], [1n, 'error'],
]) {
  test(`the answer ${typeof answer === 'bigint' ? answer : JSON.stringify(answer) ?? String(answer)} is ${status}`, async () => {
    assert.equal((await judged(() => answer)).gate.status, status)
  })
}

test('what is thrown is an error of its gate, and a promise is no answer', async () => {
  const broken = await judged((_, config) => config.limit.least)
  assert.deepEqual([broken.verdict.exit_code, broken.gate.status], [3, 'error'])
  assert.match(broken.gate.reason, /TypeError: .*least/)
  assert.match((await judged(() => { throw 'just text' })).gate.reason, /just text/)
  assert.match((await judged(async () => true)).gate.reason, /a promise; a rule answers at once/)
  assert.match((await judged(async () => { throw new Error('later') })).gate.reason, /a promise/)
})

test('a rule may call the engine itself, and other work runs meanwhile', async () => {
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const own = () => gatekeeper.inspect(path.join(root, 'junit.xml'))[0].summary.total === 2
  const options = { root, config: policy(''), rules: { own } }
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => gatekeeper.checkAsync(options)))
  clearInterval(timer)
  assert.deepEqual(new Set(verdicts.map((v) => v.status)), new Set(['pass']))
  assert.ok(ticks > 0)
})

test('keys that a rule declares are the only ones', async () => {
  const judge = (_, config) => config.limit < 10
  const own = { keys: { limit: 'number', who: null }, judge }
  assert.equal((await judged(own, 'limit = 5')).gate.status, 'pass')
  assert.equal((await judged(own, 'limit = 50\nwho = ["me"]')).gate.status, 'fail')
  const options = (rule, keys) => ({ root, config: policy(keys), rules: { own: rule } })
  const unknown = { code: 'policy', line: 4, column: 1, message: /limmit/, rendered: /did you mean `limit`/ }
  assert.throws(() => gatekeeper.check(options(own, 'limmit = 5')), unknown)
  await assert.rejects(gatekeeper.checkAsync(options(own, 'limmit = 5')), unknown)
  assert.throws(() => gatekeeper.check(options(own, 'limit = "5"')), { code: 'policy', message: /takes a number/ })
  assert.equal((await judged({ keys: ['limit'], judge }, 'limit = "5"')).gate.status, 'pass')
  assert.throws(() => gatekeeper.check(options({ keys: [], judge }, 'limit = 5')), { code: 'policy', message: /limit/ })
  assert.equal((await judged(() => true, 'limmit = 5')).gate.status, 'pass', 'without a declaration any key is its own')
  const odd = (keys) => () => gatekeeper.check(options({ keys, judge }, ''))
  assert.throws(odd('limit'), { name: 'TypeError', message: /options.rules.own.keys: expected an array of names, or an object/ })
  assert.throws(odd([1]), { name: 'TypeError', message: /keys\[0\]/ })
  assert.throws(odd({ limit: 'numbr' }), { code: 'usage', message: /text, number, boolean, list, table/ })
})

test('rules that cannot be are refused', () => {
  const check = (rules) => () => gatekeeper.check({ root, rules })
  assert.throws(check([]), { name: 'TypeError', message: /options.rules: expected an object of functions/ })
  assert.throws(check({ own: 'x' }), { name: 'TypeError', message: /options.rules.own: expected a function/ })
  assert.throws(check({ own: { judge: () => true, kinds: 'tests' } }), { name: 'TypeError', message: /no `kinds`/ })
  assert.throws(check({ own: { judge: () => true, kind: 'covrage' } }), { code: 'usage', message: /covrage/ })
  assert.throws(check({ tests: () => true }), { code: 'usage', message: /built-in rule/ })
})
