// Arguments, errors, other work meanwhile, the command line.
'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, test } = require('node:test')
const gatekeeper = require('..')

const GOOD = '<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>'
const BAD = '<testsuite name="s" tests="1">\n  <testcase name="adds"'

const folder = mkdtempSync(path.join(os.tmpdir(), 'gatekeeper-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name, text) => {
  const at = path.join(folder, name)
  writeFileSync(at, text)
  return at
}
const config = file('gatekeeper.toml', 'version = 1\n[gates.unit]\nrule = "tests"\nmin-pass-rate = 100\n')
const good = file('good.xml', GOOD)
const bad = file('bad.xml', BAD)

test('a report that is given is judged; one that cannot be seen is no pass', async () => {
  assert.equal((await gatekeeper.checkAsync({ paths: [good], config })).status, 'pass')
  const verdict = gatekeeper.check({ paths: [bad], config })
  assert.deepEqual([verdict.status, verdict.exit_code], ['unknown', 3])
})

test('a bad policy is an error with every place', async () => {
  const policy = file('bad.toml', 'version = 1\n[gates.unit]\nrule = "tests"\nmin-pas-rate = 100\nmax-faild = 0\n')
  const right = (error) => {
    assert.ok(error instanceof gatekeeper.GatekeeperError && error instanceof Error)
    assert.deepEqual([error.code, error.file, error.line], ['policy', policy, 4])
    assert.match(error.message, /min-pas-rate/)
    assert.match(error.problems[0].help, /min-pass-rate/)
    assert.deepEqual(error.problems.map((p) => p.line), [4, 5])
    return true
  }
  assert.throws(() => gatekeeper.check({ config: policy }), right)
  await assert.rejects(gatekeeper.checkAsync({ config: policy }), right)
  await assert.rejects(gatekeeper.checkRenderedAsync('markdown', { config: policy }), right)
})

test('reports in memory', () => {
  const answer = gatekeeper.inspectBytes('report.xml', new TextEncoder().encode(GOOD))
  assert.deepEqual([answer.format, answer.summary.passed], ['junit', 1])
  assert.throws(() => gatekeeper.inspectBytes('report.xml', Buffer.from(BAD)), { code: 'malformed', line: 2, file: 'report.xml' })
  assert.throws(() => gatekeeper.inspectBytes('report.xml', Buffer.alloc(0)), { code: 'empty' })
})

test('files keep their order and carry their errors', async () => {
  const answers = await gatekeeper.inspectAsync([bad, good, bad])
  assert.deepEqual(answers.map((a) => a.error?.code), ['malformed', undefined, 'malformed'])
  assert.equal(gatekeeper.inspect(good, { maxBytes: 10 })[0].error.code, 'limit-exceeded')
})

test('wrong arguments are named', async () => {
  assert.throws(() => gatekeeper.inspect(12), { name: 'TypeError', message: /files: expected .*got number/ })
  await assert.rejects(gatekeeper.inspectAsync([good, 1]), { name: 'TypeError', message: /files\[1\]: expected a string/ })
  assert.throws(() => gatekeeper.inspectBytes('x', 'text'), { name: 'TypeError', message: /data: expected a Buffer/ })
  assert.throws(() => gatekeeper.check({ failOnWarning: true }), { name: 'TypeError', message: /no option `failOnWarning`/ })
  assert.throws(() => gatekeeper.check({ failOnWarn: 'yes' }), { name: 'TypeError', message: /options.failOnWarn/ })
  assert.throws(() => gatekeeper.check('x'), { name: 'TypeError', message: /options: expected an object/ })
  assert.throws(() => gatekeeper.check({ maxBytes: -1 }), { name: 'TypeError', message: /options.maxBytes/ })
  assert.throws(() => gatekeeper.inspect([], { readAs: 'junitt' }), { code: 'usage', message: /junitt/ })
  assert.throws(() => gatekeeper.check({ now: 'yesterday' }), { code: 'usage', message: /2026-01-31/ })
  await assert.rejects(gatekeeper.checkRenderedAsync('jsn'), { code: 'usage', message: /there are badge, badge-json, csv/ })
})

test('new code is judged by the diff that is given', () => {
  const policy = 'version = 1\n[[evidence]]\npaths = ["new.info"]\n[gates.new]\nrule = "coverage"\npatch = { lines = 80 }\n'
  const config = file('new.toml', policy)
  file('new.info', 'TN:\nSF:a.py\nDA:1,1\nDA:2,0\nend_of_record\n')
  const options = { config, root: path.dirname(config) }
  const diff = '--- a/a.py\n+++ b/a.py\n@@ -1,0 +2 @@\n+x = 1\n'
  const verdict = gatekeeper.check({ ...options, diff, commit: 'a1b2c3d4e5' })
  assert.equal(verdict.gates[0].status, 'fail')
  assert.equal(verdict.context.commit, 'a1b2c3d4e5')
  assert.equal(gatekeeper.check(options).gates[0].status, 'missing')
  assert.equal(gatekeeper.check({ ...options, diff: '', allowEmpty: true }).gates[0].status, 'pass')
  assert.throws(() => gatekeeper.check({ ...options, diff: '' }), { code: 'usage', message: /allow-empty/ })
  assert.throws(() => gatekeeper.check({ ...options, diff: '<html>' }), { code: 'unrecognised' })
})

test('other work runs meanwhile', async () => {
  const big = file('big.xml', `<testsuite name="s">${'<testcase name="adds" classname="calc"/>'.repeat(400_000)}</testsuite>`)
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const [answer] = await gatekeeper.inspectAsync(big)
  clearInterval(timer)
  assert.equal(answer.summary.total, 400_000)
  assert.ok(ticks > 3, `${ticks} ticks`)
})

test('the command line', () => {
  const run = (...args) => spawnSync(process.execPath, [path.join(__dirname, '../cli.js'), ...args], { cwd: folder, encoding: 'utf8' })
  assert.match(run('--version').stdout, /^gatekeeper \d+\.\d+\.\d+\n$/)
  assert.equal(run('check', 'good.xml').status, 0)
  const failed = run('check', 'bad.xml')
  assert.equal(failed.status, 3)
  assert.match(failed.stdout, /bad\.xml/)
  assert.equal(run('chekc').status, 2)
})
