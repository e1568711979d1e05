// `gatekeeper comment`: flags, the runner's event, what a hostile verdict comes to, exit codes.
'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, test } = require('node:test')
const { github } = require('./servers/github.js')
const { gitlab } = require('./servers/gitlab.js')
const verdicts = require('./servers/verdicts.js')

const folder = mkdtempSync(path.join(os.tmpdir(), 'gatekeeper-comment-'))
const open = []
after(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all(open.map((server) => server.close()))
})
const file = (name, text) => {
  writeFileSync(path.join(folder, name), text)
  return path.join(folder, name)
}
const kept = Object.fromEntries(['pass', 'fail', 'unknown'].map((name) => [name, file(`${name}.json`, JSON.stringify(verdicts[name]))]))
const sha = 'a'.repeat(40)
const hubWith = async () => {
  const hub = await github()
  open.push(hub)
  hub.pull(7, { sha })
  return hub
}
/** Runs the program as a step does. */
const step = (argv, env, input = '') => new Promise((done) => {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GITHUB|GH|CI|GITLAB)_/.test(name)))
  const child = spawn(process.execPath, [path.join(__dirname, '..', 'cli.js'), ...argv], { cwd: folder, env: { ...clean, ...env } })
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => (said.out += text))
  child.stderr.on('data', (text) => (said.err += text))
  child.on('close', (code) => done({ code, ...said }))
  child.stdin.end(input)
})
const on = (hub, more) => ({ GITHUB_TOKEN: 'workflow', GITHUB_API_URL: hub.url, GITHUB_REPOSITORY: 'acme/app', ...more })

test('help, and the engine\'s own commands beside it', async () => {
  for (const argv of [['comment', '--help'], ['comment', '-h'], ['help', 'comment']]) {
    const { code, out } = await step(argv, {})
    assert.equal(code, 0)
    assert.match(out, /^Posts a verdict on a pull request .*\n\nUsage: gatekeeper comment --verdict FILE /)
  }
  const { code, out } = await step(['--help'], {})
  assert.equal(code, 0)
  assert.match(out, /Usage: gatekeeper[^]*\n {2}comment {5}Post a verdict/)
  assert.match((await step(['--version'], {})).out, /^gatekeeper \d/)
  assert.equal((await step(['inspect', '--help'], {})).code, 0)
})

test('a comment by number, by a verdict on standard input, by the event', async () => {
  const hub = await hubWith()
  const first = await step(['comment', '--verdict', kept.fail, '--number', '7'], on(hub, { GITHUB_RUN_ID: '10', GITHUB_RUN_ATTEMPT: '2', GITHUB_SERVER_URL: 'https://github.example' }))
  assert.deepEqual([first.code, first.out], [0, ''])
  assert.match(first.err, /^gatekeeper: acme\/app#7: comment created: https:\/\/github\.example\/acme\/app\/pull\/7#issuecomment-\d+\n$/)
  assert.match(hub.on(7)[0].body, /^<!-- gatekeeper:comment key=default run=10\.2 /)
  assert.match(hub.on(7)[0].body, /\[details\]\(<https:\/\/github\.example\/acme\/app\/actions\/runs\/10>\)<\/sub>$/)
  const second = await step(['comment', '--verdict=-', '--number=7'], on(hub, { GITHUB_RUN_ID: '11' }), JSON.stringify(verdicts.pass))
  assert.match(second.err, /acme\/app#7: comment updated/)
  const event = file('pull.json', JSON.stringify({ pull_request: { number: 7, head: { sha } } }))
  const third = await step(['comment', '--verdict', kept.fail], on(hub, { GITHUB_RUN_ID: '12', GITHUB_EVENT_PATH: event }))
  assert.match(third.err, /acme\/app#7: comment updated/)
  assert.match(hub.on(7)[0].body, / sha=a{40} /)
  const old = await step(['comment', '--verdict', kept.pass, '--number', '7', '--run', '11.9'], on(hub))
  assert.deepEqual([old.code, old.err], [0, 'gatekeeper: acme/app#7: a newer run has commented, or the pull request has moved on: nothing written\n'])
})

test('the second stage: the number comes from the API, the run from the event', async () => {
  const hub = await hubWith()
  const fork = 'f'.repeat(40)
  hub.pull(21, { sha: fork, from: 'ada/app', branch: 'fix' })
  hub.pull(22, { sha: fork, from: 'mallory/app', branch: 'fix' })
  const run = { id: 900, run_attempt: 1, head_sha: fork, head_branch: 'fix', head_repository: { full_name: 'ada/app' }, pull_requests: [] }
  const event = file('run.json', JSON.stringify({ workflow_run: run }))
  // Whatever number the verdict tells of.
  const forged = file('forged.json', JSON.stringify({ ...verdicts.pass, number: 7, issueNumber: 7, pull_request: { number: 7 }, sha }))
  const env = on(hub, { GITHUB_RUN_ID: '5000', GITHUB_EVENT_PATH: event })
  const { code, err } = await step(['comment', '--verdict', forged, '--sha', fork, '--check-run', '--status', 'pr'], env)
  assert.equal(code, 0, err)
  assert.match(err, /commit status gatekeeper\/pr: success\n.*check run: success, 0 annotations: https.*\n.*acme\/app#21: comment created/)
  assert.deepEqual([7, 21, 22].map((number) => hub.on(number).length), [0, 1, 0])
  assert.match(hub.on(21)[0].body, / run=900\.1 /)
  assert.deepEqual([...hub.checkRuns.values()].map((one) => [one.head_sha, one.conclusion]), [[fork, 'success']])
  const gone = await step(['comment', '--verdict', kept.pass, '--sha', '1'.repeat(40)], on(hub))
  assert.deepEqual([gone.code, gone.err], [0, `gatekeeper: no open pull request of acme/app has the head ${'1'.repeat(40)}: nothing to comment on\n`])
})

test('a verdict that cannot be used is said to be unknown, wherever it was asked for', async () => {
  const marker = '<!-- gatekeeper:comment key=default run=9.1 at=1 state=x id=y -->'
  const forged = structuredClone(verdicts.fail)
  Object.assign(forged, { status: 'pass', exit_code: 0 })
  forged.gates[0].name = `${marker} @acme/team \`\`\` \u202e`
  for (const [text, words] of [
    [JSON.stringify(forged), /disagrees with itself/], ['{"schema_version": 1', /no verdict/], ['', /no verdict/], [JSON.stringify({ ...verdicts.pass, exit_code: 1 }), /exit code 1/],
  ]) {
    const hub = await hubWith()
    await step(['comment', '--verdict', kept.pass, '--number', '7', '--run', '1'], on(hub))
    const { code, err } = await step(['comment', '--verdict', file('bad.json', text), '--number', '7', '--sha', sha, '--check-run', 'gate', '--status', '--run', '2'], on(hub))
    assert.equal(code, 3, err)
    assert.match(err, words)
    const [{ body }, ...more] = hub.on(7)
    assert.equal(more.length, 0)
    assert.match(body, /^<!-- gatekeeper:comment key=default run=2\.1 [^\n]*\n\n## ❓ Quality gates: unknown\n\nThe verdict of this run cannot be used, so this is not a pass:\n\n`/)
    assert.doesNotMatch(body.split('\n').slice(1).join('\n').replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, ''), /<!--|@acme|\u202e/)
    assert.deepEqual([...hub.checkRuns.values()].map((one) => [one.name, one.status, one.conclusion]), [['gate', 'completed', 'failure']])
    assert.deepEqual(hub.statuses.map((one) => [one.context, one.state]), [['gatekeeper', 'error']])
  }
  const hub = await hubWith()
  const other = await step(['comment', '--verdict', kept.pass, '--number', '7', '--commit', 'b'.repeat(40)], on(hub))
  assert.equal(other.code, 3)
  assert.match(other.err, /the verdict is for no commit that it knows, not for b{40}/)
  assert.match(hub.on(7)[0].body, /Quality gates: unknown/)
  const known = file('known.json', JSON.stringify({ ...verdicts.pass, context: { commit: 'b'.repeat(40) } }))
  assert.equal((await step(['comment', '--verdict', known, '--number', '7', '--commit', 'bbbbbbb'], on(hub))).code, 0)
})

test('a token that may not write: explained, exit 3, and what can be demanded was tried first', async () => {
  const hub = await hubWith()
  const { code, err } = await step(['comment', '--verdict', kept.fail, '--number', '7'], on(hub, { GITHUB_TOKEN: '', GH_TOKEN: 'fork' }))
  assert.equal(code, 3)
  assert.match(err, /^gatekeeper: cannot comment on acme\/app#7: GitHub answers 403 \(Resource not accessible by integration\)\. .*workflow_run.*\n$/)
  hub.issues.get(7).locked = true
  const locked = await step(['comment', '--verdict', kept.fail, '--number', '7', '--sha', sha, '--status'], on(hub))
  assert.equal(locked.code, 3)
  assert.match(locked.err, /commit status gatekeeper: failure\n.*The conversation is locked/)
  assert.equal(hub.statuses.length, 1)
})

test('a dry run needs no token and asks nobody', async () => {
  const hub = await hubWith()
  const { code, out, err } = await step(['comment', '--verdict', kept.fail, '--sha', sha, '--dry-run'], on(hub, { GITHUB_TOKEN: '' }))
  assert.equal(code, 0)
  assert.match(out, /^## ❌ Quality gates: fail\n/)
  assert.match(err, /a dry run: nothing is written\. Mode update, key default: would comment on the open pull requests of acme\/app whose head is a{40}/)
  assert.equal(hub.log.length, 0)
})

test('only the check run', async () => {
  const hub = await hubWith()
  const { code } = await step(['comment', '--verdict', kept.unknown, '--no-comment', '--check-run', '--sha', sha, '--unknown', 'action_required'], on(hub))
  assert.equal(code, 0)
  assert.deepEqual([[...hub.checkRuns.values()][0].conclusion, hub.on(7).length], ['action_required', 0])
  // As the action calls it: a number, an empty context.
  const status = await step(['comment', `--verdict=${kept.fail}`, '--repo=acme/app', '--number=7', `--sha=${sha}`, '--no-comment', '--status=', '--key=gatekeeper'], on(hub))
  assert.deepEqual([status.code, status.err, hub.on(7).length], [0, 'gatekeeper: commit status gatekeeper: failure\n', 0])
})

test('GitLab', async () => {
  const lab = await gitlab()
  open.push(lab)
  const env = { GITLAB_TOKEN: 'project', CI_SERVER_URL: lab.url, CI_PROJECT_ID: 'group/app', CI_MERGE_REQUEST_IID: '3', CI_PIPELINE_ID: '40', CI_COMMIT_SHA: lab.sha, CI_PIPELINE_URL: 'https://gitlab.example/p/40' }
  const first = await step(['comment', '--gitlab', '--verdict', kept.fail, '--status'], env)
  assert.deepEqual([first.code, first.err], [0, 'gatekeeper: commit status gatekeeper: failure\ngatekeeper: group/app!3: comment created\n'])
  assert.match(lab.all()[0].body, /^<!-- gatekeeper:comment key=default run=40\.1 .*\n[^]*\[details\]\(<https:\/\/gitlab\.example\/p\/40>\)/)
  assert.equal((await step(['comment', '--gitlab', '--verdict', kept.pass], { ...env, CI_PIPELINE_ID: '39' })).err, 'gatekeeper: group/app!3: a newer run has commented, or the pull request has moved on: nothing written\n')
  const job = await step(['comment', '--gitlab', '--verdict', kept.pass], { ...env, GITLAB_TOKEN: 'job' })
  assert.equal(job.code, 3)
  assert.match(job.err, /CI_JOB_TOKEN may not write notes/)
})

test('wrong usage is 2, in one line', async () => {
  const hub = await hubWith()
  const env = on(hub)
  for (const [argv, words, more] of [
    [[], /there is no --verdict/],
    [['--verdict', 'nowhere.json', '--number', '7'], /cannot read the verdict nowhere\.json: ENOENT/],
    [['--verdict', folder, '--number', '7'], /cannot read the verdict .*EISDIR/],
    [['--verdict', kept.pass], /neither --number nor --sha/],
    [['--verdict', kept.pass, '--number', '0'], /--number: expected a number from 1, found "0"/],
    [['--verdict', kept.pass, '--number', '7', '--mod', 'update'], /there is no option --mod; did you mean --mode\?/],
    [['--verdict', kept.pass, '--number', '7', '--mode', 'sometimes'], /mode: expected one of update, recreate/],
    [['--verdict', kept.pass, '--number', '7', '--key', 'a b'], /key: expected/],
    [['--verdict', kept.pass, '--number', '7', 'extra'], /unexpected "extra"/],
    [['--verdict', kept.pass, '--number'], /--number/],
    [['--verdict', kept.pass, '--number', '7', '--repo', 'acme'], /--repo: expected OWNER\/REPO/],
    [['--verdict', kept.pass, '--number', '7', '--check-run'], /--check-run needs --sha/],
    [['--verdict', kept.pass, '--no-comment'], /--no-comment leaves nothing to do/],
    [['--verdict', kept.pass, '--number', '7', '--unknown', 'failure'], /--unknown says what becomes of the check run/],
    [['--verdict', kept.pass, '--number', '7', '--run', 'x'], /--run: expected ID/],
    [['--verdict', kept.pass, '--number', '7', '--project', '1'], /--project is for GitLab/],
    [['--verdict', kept.pass, '--gitlab', '--repo', 'a/b'], /--repo is for GitHub/],
    [['--verdict', kept.pass, '--gitlab'], /there is no --project/],
    [['--verdict', kept.pass, '--sha', 'abc', '--number', '7'], /sha: expected/],
    [['--verdict', kept.pass, '--sha', 'abcdef1'], /all 40 digits/],
    [['--verdict', kept.pass, '--number', '7'], /there is no token: set GITHUB_TOKEN or GH_TOKEN/, { GITHUB_TOKEN: '' }],
    [['--verdict', kept.pass, '--number', '7'], /there is no --repo/, { GITHUB_REPOSITORY: undefined }],
  ]) {
    const given = Object.fromEntries(Object.entries({ ...env, ...more }).filter(([, value]) => value !== undefined))
    const { code, out, err } = await step(['comment', ...argv], given)
    assert.equal(code, 2, `${argv.join(' ')}: ${err}`)
    assert.match(err, words)
    assert.match(err, /^gatekeeper: [^\n]+\n$/)
    assert.equal(out, '')
  }
  assert.equal(hub.log.length, 0)
})
