// Check runs and commit statuses on GitHub.
'use strict'

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { CommentError, createCheckRun, setCommitStatus } = require('../comment')
const { broken, github, secondary } = require('./servers/github.js')
const verdicts = require('./servers/verdicts.js')

const open = []
after(() => Promise.all(open.map((hub) => hub.close())))
const hubWith = async () => {
  const hub = await github()
  open.push(hub)
  return hub
}
const sha = 'a'.repeat(40)
const to = (hub, more) => ({ token: 'workflow', baseUrl: hub.url, owner: 'acme', repo: 'app', sha, verdict: verdicts.fail, sleep: async () => {}, ...more })
const of = (n) => verdicts.findings(Array.from({ length: n }, (_, line) => ({ text: `wrong ${line + 1}`, line: line + 1, column: 2 })))
const refusal = (code, words) => (error) => {
  assert.ok(error instanceof CommentError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, words)
  return true
}

test('only a verdict that passes is a success', async () => {
  const hub = await hubWith()
  for (const [name, unknown, conclusion, state] of [
    ['pass', undefined, 'success', 'success'], ['warn', undefined, 'success', 'success'], ['fail', undefined, 'failure', 'failure'],
    ['unknown', undefined, 'failure', 'error'], ['unknown', 'action_required', 'action_required', 'error'], ['fail', 'action_required', 'failure', 'failure'],
  ]) {
    const made = await createCheckRun(to(hub, { verdict: verdicts[name], unknown }))
    assert.equal(made.conclusion, conclusion)
    const run = hub.checkRuns.get(made.id)
    assert.deepEqual([run.status, run.conclusion, run.name, run.head_sha], ['completed', conclusion, 'gatekeeper', sha])
    assert.match(run.output.title, new RegExp(`^${name}: `))
    assert.match(run.output.summary, /^## \S+ Quality gates: /)
    const set = await setCommitStatus(to(hub, { verdict: verdicts[name], key: 'unit' }))
    assert.deepEqual([set.state, set.context], [state, 'gatekeeper/unit'])
    assert.equal(hub.statuses.at(-1).state, state)
  }
  for (const unknown of ['neutral', 'success', 'skipped']) {
    await assert.rejects(createCheckRun(to(hub, { unknown })), refusal('usage', /an unknown verdict is nothing better/))
  }
})

test('0, 50, 51 and 1,000 annotations, in requests of 50', async () => {
  for (const [n, requests] of [[0, 1], [1, 1], [50, 1], [51, 2], [1_000, 20]]) {
    const hub = await hubWith()
    const paused = []
    const made = await createCheckRun(to(hub, { verdict: n ? of(n) : verdicts.pass, sleep: async (ms) => paused.push(ms) }))
    assert.deepEqual([made.annotations, made.left], [n, 0])
    const run = hub.checkRuns.get(made.id)
    assert.equal(hub.log.length, requests)
    assert.equal(paused.length, requests - 1)
    // Not completed before the last of them is there.
    assert.deepEqual(run.history.map((step) => step.status), [...Array(requests - 1).fill('in_progress'), 'completed'])
    assert.ok(run.history.slice(0, -1).every((step) => step.conclusion === undefined))
    assert.deepEqual(run.output.annotations.map((a) => a.start_line), Array.from({ length: n }, (_, line) => line + 1))
    if (n) {
      assert.deepEqual(run.output.annotations[0], {
        path: 'src/a.js', start_line: 1, end_line: 1, start_column: 2, end_column: 2, annotation_level: 'failure', title: 'gate lint (r)', message: 'wrong 1',
      })
    }
  }
})

test('what has no place in the code, or is too much, is counted', async () => {
  const hub = await hubWith()
  const made = await createCheckRun(to(hub, { verdict: of(30), maxAnnotations: 20 }))
  assert.deepEqual([made.annotations, made.left], [20, 10])
  assert.match(hub.checkRuns.get(made.id).output.summary, /10 violations have no annotation<\/sub>$/)
  const places = ['/etc/passwd', '../x', 'a/../../x', 'C:\\x', '~/x', null, 'src/\u202ea.js', `${'x'.repeat(1_001)}`].map((path) => ({ path }))
  const odd = await createCheckRun(to(hub, { verdict: verdicts.findings([...places, { path: './src/b.js', line: undefined }, { path: 'src/c d.js' }]) }))
  assert.deepEqual(hub.checkRuns.get(odd.id).output.annotations.map((a) => [a.path, a.start_line]).sort(), [['src/b.js', 3], ['src/c d.js', 3]].sort())
})

test('the worst come first: what blocks, then what warns', async () => {
  const hub = await hubWith()
  const policy = '[gates.soft]\nrule = "findings"\nmax = { total = 0 }\naction = "warn"\n[gates.hard]\nrule = "findings"\nmax = { total = 0 }\n'
  const made = await createCheckRun(to(hub, { verdict: verdicts.findings([{ line: 1 }, { line: 2 }], policy), maxAnnotations: 3 }))
  assert.deepEqual(hub.checkRuns.get(made.id).output.annotations.map((a) => [a.annotation_level, a.title]), [
    ['failure', 'gate hard (r)'], ['failure', 'gate hard (r)'], ['warning', 'gate soft (r)'],
  ])
})

test('hostile words stay text', async () => {
  const hub = await hubWith()
  const words = ['\u001b[31m', '\u202eabc', '\u{e0041}', 'a\nb', 'x'.repeat(1_000_000), '::error::x', '\ud800', '😀'.repeat(5_000)]
  const made = await createCheckRun(to(hub, { verdict: verdicts.findings(words.map((text) => ({ text, rule: text.slice(0, 2_000) }))) }))
  const run = hub.checkRuns.get(made.id)
  assert.equal(run.output.annotations.length, words.length)
  for (const { title, message } of run.output.annotations) {
    assert.ok(title.length <= 255 && message.length <= 2_100)
    assert.doesNotMatch(title + message, /[\u0000-\u0009\u000b-\u001f\u202e\u{e0000}-\u{e007f}\p{Cs}]/u)
  }
  const long = verdicts.tests([{ name: '😀'.repeat(200), fails: 'x' }], `version = 1\n[gates.${JSON.stringify('é'.repeat(300))}]\nrule = "tests"\nmin-pass-rate = 100\n`)
  const { description } = await setCommitStatus(to(hub, { verdict: long }))
  assert.ok(description.length <= 140 && hub.statuses.at(-1).description === description)
})

test('what breaks off is completed, and is no success', async () => {
  const policy = '[gates.soft]\nrule = "findings"\nmax = { total = 0 }\naction = "warn"\n'
  const warning = verdicts.findings(Array.from({ length: 120 }, (_, line) => ({ line: line + 1 })), policy)
  assert.equal(warning.status, 'warn')
  for (const [verdict, conclusion] of [[warning, 'failure'], [of(120), 'failure']]) {
    const hub = await hubWith()
    let patches = 0
    hub.faults.push({ on: (r) => r.method === 'PATCH' && (patches += 1) === 2, status: 422, data: { message: 'Invalid request.' } })
    await assert.rejects(createCheckRun(to(hub, { verdict })), refusal('invalid', /cannot create a check run for aaaaaaaaaaaa in acme\/app: GitHub answers 422/))
    const [run] = hub.checkRuns.values()
    assert.deepEqual([run.status, run.conclusion], ['completed', conclusion])
  }
})

test('an answer that was lost makes no second check run; limits are waited for', async () => {
  for (const fault of [broken((r) => r.method === 'POST', { after: true }), broken((r) => r.method === 'POST'), secondary((r) => r.method === 'POST')]) {
    const hub = await hubWith()
    hub.faults.push(fault)
    await createCheckRun(to(hub))
    assert.equal(hub.checkRuns.size, 1)
  }
})

test('refusals say what to do; wrong options are named', async () => {
  const hub = await hubWith()
  await assert.rejects(createCheckRun(to(hub, { token: 'person' })), refusal('forbidden', /Check runs are for GitHub Apps: .*set a commit status instead/))
  await assert.rejects(createCheckRun(to(hub, { token: 'fork' })), refusal('forbidden', /it needs checks: write .*from a fork/))
  await assert.rejects(setCommitStatus(to(hub, { token: 'fork' })), refusal('forbidden', /it needs statuses: write/))
  await assert.rejects(createCheckRun(to(hub, { sha: undefined })), refusal('usage', /sha: expected a commit/))
  await assert.rejects(createCheckRun(to(hub, { key: 'x' })), refusal('usage', /there is no `key`/))
  await assert.rejects(createCheckRun(to(hub, { gitlab: {} })), refusal('usage', /GitLab has no check runs; use setCommitStatus/))
  await assert.rejects(setCommitStatus(to(hub, { verdict: { ...verdicts.fail, status: 'pass', exit_code: 0 } })), refusal('verdict', /the verdict cannot be used/))
  assert.deepEqual([hub.checkRuns.size, hub.statuses.length], [0, 0])
})
