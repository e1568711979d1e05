// What becomes of a verdict that is kept: it is the same after JavaScript read and wrote it, and is shown as text again.
'use strict'

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, test } = require('node:test')
const gatekeeper = require('..')

const root = mkdtempSync(path.join(os.tmpdir(), 'gatekeeper-kept-'))
after(() => rmSync(root, { recursive: true }))
writeFileSync(path.join(root, 'gatekeeper.toml'), 'version = 1\n[gates.unit]\nrule = "tests"\nmin-pass-rate = 80.0\nmin-cases = 1\n')
writeFileSync(path.join(root, 'TEST-a.xml'), '<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>')
const verdict = gatekeeper.check({ root })

test('a verdict holds after JavaScript read and wrote it', () => {
  assert.deepEqual(gatekeeper.verify(JSON.parse(JSON.stringify(verdict))), { holds: true, status: 'pass', disagreements: [], notes: [] })
})

test('a kept verdict is shown as text, in every output that is asked for', () => {
  const both = gatekeeper.render(['markdown', 'human'], verdict)
  assert.deepEqual(Object.keys(both), ['markdown', 'human'])
  assert.equal(both.markdown, gatekeeper.checkRendered('markdown', { root }).markdown)
})

test('one whose parts disagree is not', () => {
  const forged = structuredClone(verdict)
  forged.gates[0].status = 'fail'
  assert.throws(() => gatekeeper.render('markdown', forged), { code: 'usage', message: /disagrees with itself: .*unit|disagrees with itself: its status/ })
  assert.throws(() => gatekeeper.render('markdown', { ...verdict, exit_code: 1 }), { code: 'usage', message: /its exit code 1/ })
  assert.throws(() => gatekeeper.render('markdown', {}), { code: 'usage', message: /no verdict/ })
  assert.throws(() => gatekeeper.render('markdwon', verdict), { code: 'usage', message: /there is no output `markdwon`; there are .*markdown/ })
  assert.throws(() => gatekeeper.render('markdown', undefined), TypeError)
})

test('the names of changed files reach the engine', () => {
  assert.throws(() => gatekeeper.check({ root, changed: [1] }), { name: 'TypeError', message: 'options.changed[0]: expected a string, got number' })
  assert.equal(gatekeeper.check({ root, changed: ['a.js'] }).status, 'pass')
})
