// Comments on GitHub, against a small server of its API, by the real Octokit and by `fetch`.
'use strict'

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { CommentError, findPullRequests, upsertComment } = require('../comment')
const { ACCOUNTS, broken, github, secondary } = require('./servers/github.js')
const { random } = require('./servers/http.js')
const verdicts = require('./servers/verdicts.js')

const open = []
after(() => Promise.all(open.map((hub) => hub.close())))
const hubWith = async (options) => {
  const hub = await github(options)
  open.push(hub)
  hub.pull(7)
  // Whatever happens, nobody's comment but ours is touched.
  hub.strangers = []
  hub.touched = (me, comment) => {
    if (me.id !== comment.user.id || !/^<!-- gatekeeper:comment /.test(comment.body)) hub.strangers.push(comment.body)
  }
  return hub
}
const quick = (ms) => new Promise((done) => setTimeout(done, Math.min(ms / 50, 40)))
// A clock that runs faster: what a lost answer leaves behind is waited for, and a test has no minute for each.
const TIMES = 20
const fast = () => {
  const start = Date.now()
  const now = () => start + (Date.now() - start) * TIMES
  return { now, sleep: (ms) => new Promise((done) => setTimeout(done, ms / TIMES)) }
}
const to = (hub, more) => ({
  token: 'workflow', baseUrl: hub.url, owner: 'acme', repo: 'app', issueNumber: 7, verdict: verdicts.fail, sleep: quick, patience: 600_000, ...more,
})
const run = (id, attempt = 1) => ({ id, attempt })
const octokit = async (hub, auth = 'workflow', base = '') => {
  const { Octokit } = await import('@octokit/core')
  return new Octokit({ auth, baseUrl: hub.url + base, log: { debug() {}, info() {}, warn() {}, error() {} } })
}
const ours = (hub, number = 7, login = 'github-actions[bot]') =>
  hub.on(number).filter((comment) => comment.user.login === login && /^<!-- gatekeeper:comment /.test(comment.body))
const refusal = (code, words) => (error) => {
  assert.ok(error instanceof CommentError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, words)
  return true
}

test('a comment is created, then updated in place', async () => {
  const hub = await hubWith()
  const first = await upsertComment(to(hub, { run: run(1) }))
  assert.equal(first.action, 'created')
  assert.match(first.url, /#issuecomment-\d+$/)
  const second = await upsertComment(to(hub, { run: run(2), verdict: verdicts.pass, link: 'https://ci.example/runs/2', before: 'Above', after: 'Below' }))
  assert.deepEqual([second.action, second.id, second.removed], ['updated', first.id, 0])
  assert.equal(hub.on(7).length, 1)
  const { body } = hub.on(7)[0]
  assert.match(body, /^<!-- gatekeeper:comment key=default run=2\.1 at=\d+ state=pass:[0-9a-f]{16} id=[0-9a-f]{16} -->\n\nAbove\n\n## ✅ Quality gates: pass\n/)
  assert.match(body, /\n\nBelow\n\n<sub>\[details\]\(<https:\/\/ci\.example\/runs\/2>\)<\/sub>$/)
  assert.deepEqual(hub.reactions.get(first.id), [])
})

test('the same through the real Octokit, and on an Enterprise Server', async () => {
  for (const base of ['', '/api/v3']) {
    const hub = await hubWith()
    const o = { octokit: await octokit(hub, 'workflow', base), token: undefined, baseUrl: undefined }
    assert.equal((await upsertComment(to(hub, { ...o, run: run(1) }))).action, 'created')
    assert.equal((await upsertComment(to(hub, { ...o, run: run(2), verdict: verdicts.pass }))).action, 'updated')
    assert.equal(hub.on(7).length, 1)
    assert.ok(hub.log.some((request) => request.path === (base ? '/api/graphql' : '/graphql')), 'whose the token is was asked')
  }
  const hub = await hubWith()
  await upsertComment(to(hub, { baseUrl: `${hub.url}/api/v3` }))
  assert.ok(hub.log.some((request) => request.path === '/api/graphql'))
})

test('ours is found behind hundreds of comments, by its key and its author', async () => {
  const hub = await hubWith()
  for (let n = 0; n < 230; n += 1) hub.add(7, ACCOUNTS.person, `talk ${n}`)
  const marker = '<!-- gatekeeper:comment key=default run=999.1 at=1 state=x id=y -->'
  const quoted = hub.add(7, ACCOUNTS.person, `${marker}\n\nMine now`)
  const bot = hub.add(7, ACCOUNTS.other, `${marker}\n\nMine too`)
  const below = hub.add(7, ACCOUNTS.workflow, `Another tool\n${marker}`)
  const first = await upsertComment(to(hub, { run: run(1) }))
  const other = await upsertComment(to(hub, { run: run(1), key: 'lint' }))
  assert.deepEqual([first.action, other.action], ['created', 'created'])
  for (let n = 0; n < 110; n += 1) hub.add(7, ACCOUNTS.person, `more talk ${n}`)
  const again = await upsertComment(to(hub, { run: run(2), verdict: verdicts.pass }))
  assert.deepEqual([again.action, again.id], ['updated', first.id])
  const own = await upsertComment(to(hub, { token: 'other', run: run(1000), verdict: verdicts.pass }))
  assert.deepEqual([own.action, own.id], ['updated', bot])
  assert.match(hub.comments.get(quoted).body, /Mine now/)
  assert.match(hub.comments.get(below).body, /^Another tool/)
  assert.match(hub.comments.get(other.id).body, /Quality gates: fail/)
  assert.deepEqual(hub.strangers, [])
})

test('pages that have not changed cost no quota', async () => {
  const hub = await hubWith()
  for (let n = 0; n < 350; n += 1) hub.add(7, ACCOUNTS.person, `talk ${n}`)
  const before = hub.rate.remaining
  await upsertComment(to(hub))
  const lists = hub.log.filter((request) => request.method === 'GET' && /comments$/.test(request.path))
  // Four pages twice, of which the last alone has changed; and the comment itself.
  assert.equal(lists.length, 8)
  assert.equal(before - hub.rate.remaining, 4 + 1 + 1)
})

test('a person: a token whose login REST tells, or that is said', async () => {
  const hub = await hubWith()
  hub.faults.push({ on: (r) => r.path === '/graphql', status: 404, data: { message: 'Not Found' }, forever: true })
  assert.equal((await upsertComment(to(hub, { token: 'person', run: run(1) }))).action, 'created')
  assert.equal((await upsertComment(to(hub, { token: 'person', run: run(2) }))).action, 'updated')
  await assert.rejects(upsertComment(to(hub)), refusal('identity', /whose the token is.*`author`, "github-actions\[bot\]"/))
  assert.equal((await upsertComment(to(hub, { author: 'github-actions[bot]' }))).action, 'created')
  assert.equal(hub.on(7).length, 2)
})

test('recreate, append, on-change, on-failure', async () => {
  const hub = await hubWith()
  const one = (mode, id, verdict) => upsertComment(to(hub, { mode, key: mode, run: run(id), verdict }))
  const of = (mode) => ours(hub).filter((comment) => comment.body.includes(`key=${mode} `))

  const first = await one('recreate', 1, verdicts.fail)
  const second = await one('recreate', 2, verdicts.fail)
  assert.deepEqual([second.action, second.removed], ['created', 1])
  assert.deepEqual(of('recreate').map((comment) => comment.id), [second.id])
  assert.notEqual(first.id, second.id)
  assert.equal((await one('recreate', 1, verdicts.pass)).action, 'stale')
  assert.deepEqual(of('recreate').map((comment) => comment.id), [second.id])

  await one('append', 1, verdicts.fail)
  await one('append', 2, verdicts.pass)
  assert.equal(of('append').length, 2)

  const told = await one('on-change', 1, verdicts.fail)
  const same = await one('on-change', 2, verdicts.fail)
  assert.deepEqual([same.action, same.id], ['updated', told.id])
  const changed = await one('on-change', 3, verdicts.pass)
  assert.deepEqual([changed.action, changed.removed, of('on-change').length], ['created', 1, 1])
  assert.notEqual(changed.id, told.id)
  assert.equal((await one('on-change', 2, verdicts.fail)).action, 'stale')

  assert.deepEqual(await one('on-failure', 1, verdicts.pass), { action: 'none', id: undefined, url: undefined, removed: 0 })
  assert.equal((await one('on-failure', 2, verdicts.warn)).action, 'none')
  assert.equal(of('on-failure').length, 0)
  assert.equal((await one('on-failure', 3, verdicts.unknown)).action, 'created')
  assert.equal((await one('on-failure', 4, verdicts.pass)).action, 'updated')
  assert.match(of('on-failure')[0].body, /Quality gates: pass/)
  assert.deepEqual(hub.strangers, [])
})

test('an older run never replaces what a newer one wrote, an older attempt neither', async () => {
  const hub = await hubWith()
  await upsertComment(to(hub, { run: run(20, 2), verdict: verdicts.fail }))
  for (const old of [run(19, 9), run(20, 1)]) {
    assert.equal((await upsertComment(to(hub, { run: old, verdict: verdicts.pass }))).action, 'stale')
  }
  assert.match(hub.on(7)[0].body, /Quality gates: fail/)
  assert.equal((await upsertComment(to(hub, { run: run(20, 3), verdict: verdicts.pass }))).action, 'updated')
  // Without runs the clock decides.
  const clock = await hubWith()
  const at = (ms) => to(clock, { now: () => ms, run: undefined })
  const { GITHUB_RUN_ID, CI_PIPELINE_ID } = process.env
  delete process.env.GITHUB_RUN_ID
  delete process.env.CI_PIPELINE_ID
  try {
    await upsertComment(at(2_000))
    assert.equal((await upsertComment({ ...at(1_000), verdict: verdicts.pass })).action, 'stale')
    assert.equal((await upsertComment({ ...at(3_000), verdict: verdicts.pass })).action, 'updated')
  } finally {
    if (GITHUB_RUN_ID !== undefined) process.env.GITHUB_RUN_ID = GITHUB_RUN_ID
    if (CI_PIPELINE_ID !== undefined) process.env.CI_PIPELINE_ID = CI_PIPELINE_ID
  }
})

test('nothing is written where the pull request has moved on', async () => {
  const hub = await hubWith()
  assert.equal((await upsertComment(to(hub, { sha: 'b'.repeat(40) }))).action, 'stale')
  assert.equal(hub.on(7).length, 0)
  const { action } = await upsertComment(to(hub, { sha: 'A'.repeat(40) }))
  assert.equal(action, 'created')
  assert.match(hub.on(7)[0].body, /<sub>for aaaaaaaaaaaa<\/sub>$/)
  // An issue stands for no commit.
  hub.issues.set(8, { number: 8 })
  assert.equal((await upsertComment(to(hub, { sha: 'b'.repeat(40), issueNumber: 8 }))).action, 'created')
})

test('what people do between the list and the update', async () => {
  const listed = (r) => r.method === 'GET' && /\/comments$/.test(r.path)
  for (const [meddle, action, left] of [
    [(hub, id) => hub.comments.delete(id), 'created', 1],
    [(hub, id) => Object.assign(hub.comments.get(id), { body: 'A person took the marker away' }), 'created', 2],
    [(hub, id) => Object.assign(hub.comments.get(id), { body: `${hub.comments.get(id).body}\nand added a line` }), 'updated', 1],
    [(hub, id) => Object.assign(hub.comments.get(id), { body: hub.comments.get(id).body.replace('run=1.1', 'run=3.1') }), 'stale', 1],
  ]) {
    const hub = await hubWith()
    const { id } = await upsertComment(to(hub, { run: run(1) }))
    hub.faults.push({ on: listed, meddles: () => meddle(hub, id) })
    const done = await upsertComment(to(hub, { run: run(2), verdict: verdicts.pass }))
    assert.equal(done.action, action, String(meddle))
    assert.equal(hub.on(7).length, left, String(meddle))
    assert.deepEqual(hub.strangers, [], String(meddle))
  }
})

test('a lock that a run left behind is taken over, one that is held is waited for', async () => {
  const hub = await hubWith()
  const { id } = await upsertComment(to(hub, { run: run(1) }))
  const held = (ago) => hub.reactions.set(id, [{ id: 1, content: 'eyes', user: { id: ACCOUNTS.workflow.id }, created_at: new Date(Date.now() - ago).toISOString() }])
  held(90_000)
  assert.equal((await upsertComment(to(hub, { run: run(2) }))).action, 'updated')
  held(0)
  await assert.rejects(upsertComment(to(hub, { run: run(3), patience: 5_000 })), refusal('busy', /other runs kept writing/))
  assert.match(hub.on(7)[0].body, / run=2\.1 /)
  held(0)
  setTimeout(() => hub.reactions.set(id, []), 200)
  assert.equal((await upsertComment(to(hub, { run: run(3) }))).action, 'updated')
})

const many = async (hub, mode, how) => {
  const next = random(42)
  const order = Array.from({ length: 200 }, (_, n) => n + 1).map((n) => [next(), n]).sort(([a], [b]) => a - b).map(([, n]) => n)
  const kit = await octokit(hub)
  const all = await Promise.allSettled(order.map(async (n) => {
    await new Promise((done) => setTimeout(done, next() * 300))
    const way = n % 2 ? { octokit: kit, token: undefined, baseUrl: undefined } : {}
    return upsertComment(to(hub, { ...way, mode, run: run(1000 + n), before: `from run ${n}`, verdict: n % 3 ? verdicts.fail : verdicts.pass, ...how }))
  }))
  assert.deepEqual(all.filter((one) => one.status === 'rejected').map((one) => String(one.reason)), [])
  const left = ours(hub)
  assert.equal(left.length, 1, `${left.length} comments are left`)
  assert.match(left[0].body, /^<!-- gatekeeper:comment key=default run=1200\.1 [^\n]*\n\nfrom run 200\n\n/)
  assert.deepEqual(hub.strangers, [])
  return all.map((one) => one.value.action)
}

for (const mode of ['update', 'recreate', 'on-change']) {
  test(`200 runs at once, ${mode}: one comment, the newest run's text`, { timeout: 600_000 }, async () => {
    const hub = await hubWith({ latency: 6, seed: mode.length })
    hub.rate.remaining = 1e9
    hub.add(7, ACCOUNTS.person, '<!-- gatekeeper:comment key=default run=5000.1 at=1 state=x id=y -->')
    const actions = await many(hub, mode)
    assert.ok(actions.includes('stale'))
  })
}

test('200 runs at once, while every seventh answer is lost: one comment, the newest run\'s text', { timeout: 600_000 }, async () => {
  const clock = fast()
  const hub = await hubWith({ latency: 4, seed: 9, now: clock.now })
  hub.rate.remaining = 1e9
  let n = 0
  let lost = 0
  const seventh = (r) => r.method !== 'GET' && r.path !== '/graphql' && (n += 1) % 7 === 0
  hub.faults.push(broken((r) => seventh(r) && n % 2 === 0 && (lost += 1) > 0, { forever: true, after: true }))
  hub.faults.push(broken((r) => r.method !== 'GET' && r.path !== '/graphql' && n % 7 === 0 && n % 2 === 1, { forever: true }))
  await many(hub, 'update', { patience: 6_000_000, ...clock })
  assert.ok(lost > 0)
})

test('a comment into which a newer run wrote meanwhile is not deleted', async () => {
  const hub = await hubWith()
  const { id } = await upsertComment(to(hub, { mode: 'on-change', run: run(1) }))
  const old = hub.comments.get(id).body
  let created = false
  hub.faults.push({
    on: (r) => {
      created ||= r.method === 'POST' && /issues\/7\/comments$/.test(r.path)
      return created && r.method === 'GET' && /issues\/7\/comments$/.test(r.path)
    },
    // Behind what this list shows.
    meddles: () => Object.assign(hub.comments.get(id), { body: old.replace('run=1.1', 'run=3.1') }),
  })
  const done = await upsertComment(to(hub, { mode: 'on-change', run: run(2), verdict: verdicts.pass }))
  assert.deepEqual([done.action, done.id, hub.on(7).length], ['stale', id, 1])
  assert.match(hub.on(7)[0].body, / run=3\.1 /)
})

test('without locks a text that was overwritten is put back', { timeout: 300_000 }, async () => {
  const hub = await hubWith({ latency: 2 })
  hub.noReactions = true
  hub.rate.remaining = 1e9
  const { id } = await upsertComment(to(hub, { run: run(1) }))
  const old = hub.comments.get(id).body
  // Another run read before ours was written, and writes after it.
  hub.faults.push({ on: (r) => r.method === 'PATCH', meddles: () => setTimeout(() => Object.assign(hub.comments.get(id), { body: old.replace('run=1.1', 'run=2.1') }), 10) })
  const done = await upsertComment(to(hub, { run: run(3), verdict: verdicts.pass }))
  assert.deepEqual([done.action, hub.on(7).length], ['updated', 1])
  assert.match(hub.on(7)[0].body, / run=3\.1 /)
})

test('what may pass is tried again, what an answer hid is not done twice', async () => {
  const slept = []
  const noted = (hub, more) => to(hub, { sleep: async (ms) => slept.push(ms), run: run(1), ...more })
  const posts = (r) => r.method === 'POST' && /comments$/.test(r.path)
  for (const fault of [
    broken(posts), broken(posts, { after: true }), { on: posts, drop: true }, { on: posts, drop: true, after: true },
    { on: posts, status: 503 }, { on: posts, status: 500, data: { message: 'x' } },
  ]) {
    const hub = await hubWith()
    hub.faults.push(fault)
    assert.equal((await upsertComment(noted(hub))).action, 'created')
    assert.equal(hub.on(7).length, 1)
    const through = await hubWith()
    through.faults.push(fault)
    assert.equal((await upsertComment(noted(through, { octokit: await octokit(through), token: undefined, baseUrl: undefined, mode: 'append' }))).action, 'created')
    assert.equal(through.on(7).length, 1)
  }
  const hub = await hubWith()
  hub.faults.push({ ...broken((r) => r.method === 'GET'), forever: true })
  slept.length = 0
  await assert.rejects(upsertComment(noted(hub)), refusal('unavailable', /cannot list the comments of acme\/app#7: GitHub answers 502 \(Server Error\)/))
  assert.equal(slept.length, 5)
  assert.ok(slept.every((ms, n) => ms >= 500 * 2 ** n && ms <= 1_500 * 2 ** (n + 1)), String(slept))
  await hub.close()
  await assert.rejects(upsertComment(noted(hub)), refusal('unavailable', /GitHub does not answer \(.*ECONNREFUSED/))
})

test('rate limits are waited for as GitHub says', async () => {
  const slept = []
  const noted = (hub, more) => to(hub, { sleep: async (ms) => slept.push(ms), run: run(1), ...more })
  const posts = (r) => r.method === 'POST' && /comments$/.test(r.path)
  const waits = async (fault) => {
    const hub = await hubWith()
    slept.length = 0
    hub.faults.push(fault)
    await upsertComment(noted(hub))
    assert.equal(hub.on(7).length, 1)
    return slept
  }
  assert.deepEqual(await waits(secondary(posts, { 'retry-after': '7' })), [7_000])
  assert.deepEqual(await waits(secondary(posts, {})), [60_000])
  assert.deepEqual(await waits({ on: posts, status: 429, headers: { 'retry-after': '3' }, data: { message: 'Too many requests' } }), [3_000])
  const [dated] = await waits(secondary(posts, { 'retry-after': new Date(Date.now() + 30_000).toUTCString() }))
  assert.ok(dated > 27_000 && dated <= 30_000, String(dated))
  const reset = Math.floor(Date.now() / 1000) + 40
  const [primary] = await waits({ on: posts, status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }, data: { message: 'API rate limit exceeded' } })
  assert.ok(primary > 37_000 && primary <= 42_000, String(primary))

  const hub = await hubWith()
  hub.rate.remaining = 0
  await assert.rejects(upsertComment(noted(hub)), refusal('rate-limited', /GitHub answers 403 \(API rate limit exceeded.*used up until \d{4}-\d\d-\d\dT[\d:]+Z: run this step again then/))
  // A limit that an update meets does not keep the lock.
  const late = await hubWith()
  const { id } = await upsertComment(noted(late))
  late.faults.push(secondary((r) => r.method === 'PATCH', { 'retry-after': '9' }))
  slept.length = 0
  const locks = []
  await upsertComment(noted(late, { run: run(2), sleep: async (ms) => slept.push(ms) && locks.push(late.reactions.get(id).length) }))
  assert.deepEqual([slept, locks], [[9_000], [0]])
  // What a limit refuses is asked again, not taken for an answer: neither whose the token is, nor whether there are locks.
  for (const path of [/graphql$/, /reactions$/]) {
    const busy = await hubWith()
    await upsertComment(noted(busy))
    busy.log.length = 0
    busy.faults.push(secondary((r) => r.method === 'POST' && path.test(r.path), { 'retry-after': '5' }))
    slept.length = 0
    await upsertComment(noted(busy, { run: run(2) }))
    assert.deepEqual(slept, [5_000])
    assert.equal(busy.log.filter((r) => path.test(r.path)).length, 2)
    assert.ok(!busy.log.some((r) => r.path === '/user'))
  }
})

test('refusals say what to do', async () => {
  const posts = (r) => r.method === 'POST' && /comments$/.test(r.path)
  const refusals = [
    ['forbidden', { token: 'fork' }, () => {}, /403 \(Resource not accessible by integration\)\. The token may not do that; it needs issues: write or pull-requests: write \(`permissions:` of the job\)\..*from a fork .*workflow_run/],
    ['unauthorised', { token: 'nobody' }, () => {}, /401 \(Bad credentials\)\. The token is wrong, expired or revoked/],
    ['not-found', { issueNumber: 70 }, () => {}, /404 \(Not Found\)\. Either it does not exist, or the token may not see it/],
    ['not-found', { repo: 'other' }, () => {}, /acme\/other#7: GitHub answers 404/],
    ['gone', {}, (hub) => Object.assign(hub.issues.get(7), { deleted: true }), /410 \(This issue was deleted\)\. It was deleted/],
    ['locked', {}, (hub) => Object.assign(hub.issues.get(7), { locked: true }), /403 \(Unable to create comment because issue is locked\.\)\. The conversation is locked: unlock it/],
    ['locked', {}, (hub) => hub.faults.push({ on: posts, status: 410, data: { message: 'The conversation is locked' } }), /410 .*The conversation is locked/],
    ['invalid', {}, (hub) => hub.faults.push({ on: posts, status: 422, data: { message: 'Validation Failed', errors: [{ message: 'Body is too long' }] } }), /422 \(Validation Failed: Body is too long\)/],
    ['forbidden', {}, (hub) => hub.faults.push({ on: posts, status: 403, headers: { 'x-github-sso': 'required; url=x' }, data: { message: 'SAML' } }), /single sign-on/],
    ['forbidden', {}, (hub) => hub.faults.push({ on: posts, status: 403, data: { message: 'Commenting is disabled on issues with more than 2500 comments' } }), /use a check run instead/],
  ]
  for (const [code, more, prepare, words] of refusals) {
    const hub = await hubWith()
    prepare(hub)
    await assert.rejects(upsertComment(to(hub, more)), refusal(code, words))
    assert.equal(hub.on(7).length, 0)
    const again = await hubWith()
    prepare(again)
    const kit = { octokit: await octokit(again, more.token ?? 'workflow'), baseUrl: undefined }
    await assert.rejects(upsertComment(to(again, { ...more, ...kit, token: undefined })), refusal(code, words))
  }
  // What a server says is text too.
  const hub = await hubWith()
  hub.faults.push({ on: posts, status: 418, data: { message: '\u001b[31mred\n::error::x' } })
  await assert.rejects(upsertComment(to(hub)), refusal('unavailable', /\(\\u\{1b\}\[31mred ::error::x\)/))
})

test('wrong options are named', async () => {
  const hub = await hubWith()
  for (const [more, words] of [
    [{ mdoe: 'update' }, /there is no `mdoe`; there are .*mode/],
    [{ mode: 'upsert' }, /mode: expected one of update, recreate, append, on-change, on-failure/],
    [{ key: 'a --> b' }, /key: expected/], [{ key: 'a--b' }, /key: expected/], [{ key: '' }, /key: expected/], [{ key: 5 }, /key: expected/],
    [{ issueNumber: '7' }, /issueNumber: expected/], [{ issueNumber: 0 }, /issueNumber: expected/],
    [{ owner: '../x' }, /owner: expected/], [{ repo: 'a/b' }, /repo: expected/], [{ repo: '..' }, /repo: expected/],
    [{ token: undefined }, /neither `octokit` nor `token`/], [{ token: 'a\r\nb: c' }, /token: expected/],
    [{ baseUrl: 'http://api.example' }, /baseUrl: expected an https/], [{ baseUrl: 'ftp://x' }, /baseUrl: expected/],
    [{ sha: 'main' }, /sha: expected/], [{ run: { id: '5' } }, /run: expected/], [{ link: 'javascript:alert(1)' }, /link: expected/],
    [{ link: 'https://x/>)' }, /link: expected/], [{ verdict: 5 }, /verdict: expected/], [{ before: 5 }, /before: expected a string/],
    [{ octokit: {} }, /octokit: expected an Octokit/], [{ gitlab: {} }, /gitlab: it goes with none/], [{ patience: -1 }, /patience: expected/],
    [{ before: 'x'.repeat(65_000) }, /before, after: they leave no room/],
  ]) {
    await assert.rejects(upsertComment(to(hub, more)), refusal('usage', words))
  }
  await assert.rejects(upsertComment(undefined), refusal('usage', /options: expected an object/))
  assert.equal(hub.log.length, 0)
})

test('a verdict whose parts disagree is refused before anything is asked', async () => {
  const hub = await hubWith()
  const forged = { ...structuredClone(verdicts.fail), status: 'pass', exit_code: 0 }
  for (const verdict of [forged, { ...verdicts.fail, exit_code: 0 }, {}, '', 'null', '{"schema_version":1', '[]', '{"status":"pass"}']) {
    await assert.rejects(upsertComment(to(hub, { verdict })), refusal('verdict', /^the verdict cannot be used: .*Give it what `gatekeeper check --format json` wrote/))
  }
  assert.equal(hub.log.length, 0)
})

test('hostile words stay text, and forge neither marker nor author', async () => {
  const hub = await hubWith()
  const marker = '<!-- gatekeeper:comment key=default run=999999.1 at=1 state=x id=y -->'
  const words = [
    marker, `\n${marker}\n`, `${marker}\n\n# forged`, '-->', '<!--', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '@acme/team', '#1',
    'https://evil.example/x', '[a](javascript:x)', '![x](https://evil.example/p.png)', '| a | b |', '```\n# out', '</details>', '\u{e0041}\u{e0042}', '\u202eabc',
    '$(touch x)', '::error::x', 'x'.repeat(1_000_000), `${'`'.repeat(300)}${marker}`,
  ]
  for (const mode of ['update', 'recreate']) {
    for (const [n, word] of words.entries()) {
      const verdict = verdicts.tests([{ name: word, fails: word }], `version = 1\n[gates.${JSON.stringify(/^[\x20-\x7e]{1,60}$/.test(word) ? word : 'unit')}]\nrule = "tests"\nmin-pass-rate = 100\n`)
      await upsertComment(to(hub, { verdict, mode, run: run(1000 + n + (mode === 'update' ? 0 : 500)) }))
      const [{ body }, ...more] = hub.on(7)
      assert.equal(more.length, 0)
      assert.ok(body.length <= 65_536)
      const [first, ...rest] = body.split('\n')
      assert.match(first, /^<!-- gatekeeper:comment key=default run=1\d{3}\.1 at=\d+ state=fail:[0-9a-f]{16} id=[0-9a-f]{16} -->$/)
      for (const line of rest) {
        // Outside of code there is no tag but our own. In a line that begins with one, Markdown is not read.
        const html = /^<details\b/.test(line)
        const outside = line.replace(/<code>[^<>]*<\/code>/g, '').replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
        assert.doesNotMatch(outside, /<(?!\/?(?:details|summary|sub|code)\b)|@acme|https?:|[\u202e\u{e0000}-\u{e007f}]/u, line.slice(0, 300))
        if (!html) assert.doesNotMatch(outside, /(?<!\\)\]\(/)
        assert.doesNotMatch(line, /^\s*<!--/)
      }
    }
  }
})

test('a verdict too long for a comment is cut, and says so', async () => {
  const hub = await hubWith()
  const verdict = verdicts.tests(Array.from({ length: 3_000 }, (_, n) => ({ name: `case ${n} ${'ü😀'.repeat(90)}`, fails: 'z'.repeat(500) })))
  const { id } = await upsertComment(to(hub, { verdict, before: 'b'.repeat(40_000), after: 'a'.repeat(20_000) }))
  const { body } = hub.comments.get(id)
  assert.ok(body.length <= 65_536 && body.length > 60_000, String(body.length))
  assert.match(body.slice(-20_100), /… cut: a comment takes 65536 characters\n\na+$/)
})

test('the pull request is found by its head, by the API alone', async () => {
  const hub = await github()
  open.push(hub)
  const sha = 'c'.repeat(40)
  const find = (more) => findPullRequests({ token: 'workflow', baseUrl: hub.url, owner: 'acme', repo: 'app', sha, sleep: quick, ...more })
  assert.deepEqual(await find(), [])
  hub.pull(11, { sha })
  hub.pull(12, { sha: 'd'.repeat(40) })
  hub.pull(13, { sha, state: 'closed' })
  hub.pull(14, { sha, base: 'acme/other', known: true })
  assert.deepEqual(await find(), [11])
  // A fork's commit: only the list of pull requests knows it, on its third page.
  const fork = 'f'.repeat(40)
  for (let n = 100; n < 330; n += 1) hub.pull(n, { sha: String(n).padStart(40, '0'), from: 'mallory/app', branch: `b${n}` })
  hub.pull(400, { sha: fork, from: 'ada/app', branch: 'fix' })
  assert.deepEqual(await find({ sha: fork }), [400])
  hub.log.length = 0
  assert.deepEqual(await find({ sha: fork, head: { repository: 'ada/app', branch: 'fix' } }), [400])
  assert.equal(hub.log.filter((request) => /\/pulls$/.test(request.path)).length, 2)
  // The same commit in somebody else's pull request is not theirs.
  hub.pull(401, { sha: fork, from: 'mallory/app', branch: 'fix' })
  assert.deepEqual(await find({ sha: fork, head: { repository: 'ada/app', branch: 'fix' } }), [400])
  assert.deepEqual(await find({ sha: fork }), [400, 401])
  hub.pull(402, { sha: '9'.repeat(40), from: null })
  assert.deepEqual(await find({ sha: '9'.repeat(40) }), [402])
  await assert.rejects(find({ sha: 'abcdef1' }), refusal('usage', /all 40 digits/))
})
