// Verdicts to post, each by the engine from reports of our own.
'use strict'

const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const gatekeeper = require('../..')

const judged = (files) => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'gatekeeper-verdict-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, name), text)
    return gatekeeper.check({ root, now: '2026-11-30T08:00:00Z' })
  } finally {
    rmSync(root, { recursive: true })
  }
}

const POLICY = 'version = 1\n[gates.unit]\nrule = "tests"\nmin-pass-rate = 100\n'
const xml = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
const cases = (all) => `<testsuite name="s" tests="${all.length}" failures="${all.filter((c) => c.fails).length}">${all
  .map((c) => `<testcase classname="c" name="${xml(c.name)}">${c.fails ? `<failure message="${xml(c.fails)}"/>` : ''}</testcase>`)
  .join('')}</testsuite>`

/** A verdict of tests: names, and what fails with which message. */
const tests = (all, policy = POLICY) => judged({ 'gatekeeper.toml': policy, 'TEST-a.xml': cases(all) })

/** A verdict of so many findings, each at a place of the code. */
const findings = (results, policy = '[gates.lint]\nrule = "findings"\nmax = { total = 0 }\n') => judged({
  'gatekeeper.toml': `version = 1\n${policy}`,
  'lint.sarif': JSON.stringify({
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'lint' } },
      invocations: [{ executionSuccessful: true }],
      results: results.map(({ text = 'wrong', path: uri = 'src/a.js', line: startLine = 3, column: startColumn, rule = 'r' }) => ({
        ruleId: rule, level: 'error', message: { text },
        ...(uri === null ? {} : { locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine, startColumn } } }] }),
      })),
    }],
  }),
})

const pass = tests([{ name: 'adds' }])
const fail = tests([{ name: 'adds', fails: 'expected 2' }, { name: 'divides' }])
const unknown = judged({ 'gatekeeper.toml': POLICY })
const warn = tests([{ name: 'adds', fails: 'expected 2' }], `${POLICY}action = "warn"\n`)

module.exports = { fail, findings, judged, pass, tests, unknown, warn }
