// Notes and statuses on GitLab, through the same interface.
'use strict'

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { CommentError, setCommitStatus, upsertComment } = require('../comment')
const { ACCOUNTS, gitlab } = require('./servers/gitlab.js')
const { random } = require('./servers/http.js')
const verdicts = require('./servers/verdicts.js')

const open = []
after(() => Promise.all(open.map((lab) => lab.close())))
const labWith = async (options) => {
  const lab = await gitlab(options)
  open.push(lab)
  return lab
}
const quick = (ms) => new Promise((done) => setTimeout(done, Math.min(ms / 50, 40)))
const to = (lab, { token = 'project', projectId = 'group/app', mergeRequestIid = 3, baseUrl = lab.url, ...more } = {}) => ({
  gitlab: { token, projectId, mergeRequestIid, baseUrl }, verdict: verdicts.fail, sleep: quick, patience: 600_000, ...more,
})
const run = (id) => ({ id })
const refusal = (code, words) => (error) => {
  assert.ok(error instanceof CommentError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, words)
  return true
}

test('a note is created and updated, behind pages by Link and by x-next-page', async () => {
  for (const links of [true, false]) {
    const lab = await labWith({ links })
    const marker = '<!-- gatekeeper:comment key=default run=9.1 at=1 state=x id=y -->'
    lab.add(ACCOUNTS.person, `${marker}\n\nNot yours`)
    for (let n = 0; n < 250; n += 1) lab.add(ACCOUNTS.person, `talk ${n}`)
    lab.add(ACCOUNTS.project, `${marker}\nadded a commit`, { system: true })
    const first = await upsertComment(to(lab, { run: run(1) }))
    assert.equal(first.action, 'created')
    for (let n = 0; n < 120; n += 1) lab.add(ACCOUNTS.person, `more ${n}`)
    const second = await upsertComment(to(lab, { run: run(2), verdict: verdicts.pass }))
    assert.deepEqual([second.action, second.id], ['updated', first.id])
    assert.equal((await upsertComment(to(lab, { run: run(1) }))).action, 'stale')
    assert.match(lab.notes.get(first.id).body, /Quality gates: pass/)
    assert.deepEqual(lab.awards.get(first.id), [])
    assert.equal(lab.all().length, 250 + 1 + 1 + 1 + 120)
  }
})

test('the other modes', async () => {
  const lab = await labWith()
  await upsertComment(to(lab, { mode: 'recreate', run: run(1) }))
  const { removed } = await upsertComment(to(lab, { mode: 'recreate', run: run(2) }))
  assert.deepEqual([removed, lab.all().length], [1, 1])
  await upsertComment(to(lab, { mode: 'append', key: 'log', run: run(1) }))
  await upsertComment(to(lab, { mode: 'append', key: 'log', run: run(2) }))
  assert.equal(lab.all().length, 3)
  assert.equal((await upsertComment(to(lab, { mode: 'on-failure', key: 'quiet', verdict: verdicts.pass }))).action, 'none')
  assert.equal((await upsertComment(to(lab, { mode: 'on-change', key: 'quiet' }))).action, 'created')
  assert.equal((await upsertComment(to(lab, { sha: 'c'.repeat(40) }))).action, 'stale')
})

test('100 runs at once leave one note, with the newest run\'s text', { timeout: 300_000 }, async () => {
  const lab = await labWith({ latency: 5 })
  const next = random(3)
  const ids = Array.from({ length: 100 }, (_, n) => [next(), n + 1]).sort(([a], [b]) => a - b).map(([, id]) => id)
  await Promise.all(ids.map((id) => upsertComment(to(lab, { run: run(id), before: `from run ${id}` }))))
  assert.equal(lab.all().length, 1)
  assert.match(lab.all()[0].body, /^<!-- gatekeeper:comment key=default run=100\.1 [^\n]*\n\nfrom run 100\n/)
})

test('a lock that was left behind is taken over', async () => {
  const lab = await labWith()
  const { id } = await upsertComment(to(lab, { run: run(1) }))
  lab.awards.set(id, [{ id: 1, name: 'eyes', user: ACCOUNTS.project, created_at: new Date(Date.now() - 90_000).toISOString() }])
  assert.equal((await upsertComment(to(lab, { run: run(2) }))).action, 'updated')
})

test('no word of a verdict becomes a command of GitLab', async () => {
  const lab = await labWith()
  const verdict = structuredClone(verdicts.fail)
  verdict.summary = '/merge'
  verdict.warnings = ['/close', '  /approve']
  await upsertComment(to(lab, { verdict, run: run(1), before: 'Ours' }))
  await upsertComment(to(lab, { verdict: verdicts.tests([{ name: '/merge', fails: '/close\n/approve' }]), run: run(2) }))
  assert.deepEqual(lab.actions, [])
  assert.equal(lab.all().length, 1)
})

test('a status: GitLab has no error, and refuses what is so already', async () => {
  const lab = await labWith()
  const o = (verdict, more) => ({ gitlab: { token: 'project', projectId: 'group/app', baseUrl: lab.url }, sha: 'b'.repeat(40), verdict: verdicts[verdict], ...more })
  for (const [name, state, sent] of [['pass', 'success', 'success'], ['fail', 'failure', 'failed'], ['fail', 'failure', 'failed'], ['unknown', 'error', 'failed'], ['warn', 'success', 'success']]) {
    assert.equal((await setCommitStatus(o(name, { link: 'https://ci.example/1' }))).state, state)
    assert.deepEqual([lab.statuses.at(-1).state, lab.statuses.at(-1).name, lab.statuses.at(-1).target_url], [sent, 'gatekeeper', 'https://ci.example/1'])
  }
  assert.equal((await setCommitStatus(o('pass', { key: 'x' }))).context, 'gatekeeper/x')
})

test('refusals say what to do; wrong options are named', async () => {
  const lab = await labWith()
  for (const [more, code, words] of [
    [{ token: 'job' }, 'unauthorised', /GitLab answers 401 \(401 Unauthorized\)\. .*CI_JOB_TOKEN may not write notes/],
    [{ mergeRequestIid: 4 }, 'not-found', /group\/app!4: GitLab answers 404/],
    [{ projectId: 'group/other' }, 'not-found', /404 Project Not Found/],
    [{ projectId: '../x y' }, 'usage', /gitlab\.projectId: expected/],
    [{ mergeRequestIid: '3' }, 'usage', /gitlab\.mergeRequestIid: expected/],
    [{ token: '' }, 'usage', /gitlab\.token: expected/],
    [{ baseUrl: 'http://gitlab.example' }, 'usage', /gitlab\.baseUrl: expected an https/],
  ]) {
    await assert.rejects(upsertComment(to(lab, more)), refusal(code, words))
  }
  await assert.rejects(upsertComment({ gitlab: { token: 'x', project: 1 }, verdict: verdicts.fail }), refusal('usage', /gitlab: there is no `project`; there are .*projectId/))
  lab.faults.push({ on: (r) => r.method === 'POST', status: 429, headers: { 'retry-after': '4' }, data: { message: 'Too many' } })
  const slept = []
  await upsertComment({ ...to(lab), sleep: async (ms) => slept.push(ms) })
  assert.deepEqual(slept, [4_000])
})
