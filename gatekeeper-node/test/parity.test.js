// The documents are those of the native program, to the last member.
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { existsSync, readdirSync, statSync } = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const gatekeeper = require('..')

const root = path.resolve(__dirname, '../..')
const fixtures = path.join(root, 'fixtures')
const program = process.env.GATEKEEPER_BIN ?? path.join(root, 'target/release/gatekeeper')
const NOW = '2026-01-01T00:00:00Z'

// The command line asks git which commit it judges, and the package is told: without git both know as much.
const told = Object.entries(process.env).filter(([name]) => !name.startsWith('GITHUB_') && !name.startsWith('CI_'))
const env = { ...Object.fromEntries(told), PATH: '' }
const cli = (cwd, ...args) => {
  assert.ok(existsSync(program), `${program}: build it with \`cargo build --release\`, or set GATEKEEPER_BIN`)
  const options = { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] }
  try {
    return execFileSync(program, args, options)
  } catch (error) {
    // A failing verdict has an exit code of its own; its document is there all the same.
    return error.stdout
  }
}

test('every fixture is inspected alike', async () => {
  process.chdir(fixtures)
  const folders = readdirSync('.').filter((name) => statSync(name).isDirectory()).sort()
  const native = JSON.parse(cli(fixtures, 'inspect', '--format', 'json', ...folders))
  assert.ok(native.length > 100)
  assert.deepEqual(gatekeeper.inspect(folders), native)
  assert.deepEqual(await gatekeeper.inspectAsync(folders), native)
})

test('every project is judged alike', async () => {
  const seen = new Set()
  const projects = path.join(fixtures, 'erlang-umbrella/evidence')
  for (const name of readdirSync(projects)) {
    process.chdir(path.join(projects, name))
    const native = JSON.parse(cli('.', 'check', '--format', 'json', '--now', NOW))
    assert.deepEqual(gatekeeper.check({ now: NOW }), native, name)
    assert.deepEqual(await gatekeeper.checkAsync({ now: new Date(NOW) }), native, name)
    seen.add(native.status)
  }
  assert.ok(seen.has('fail') && seen.has('unknown') && (seen.has('pass') || seen.has('warn')), [...seen].join())
})

test('a verdict is rendered alike', async () => {
  process.chdir(fixtures)
  const options = { root: 'erlang-umbrella/evidence/broken-ct', now: NOW }
  const rendered = await gatekeeper.checkRenderedAsync(['markdown', 'human', 'json'], options)
  for (const output of ['markdown', 'human', 'json']) {
    const native = cli(fixtures, 'check', '--format', output, '--now', NOW, '--root', options.root)
    assert.equal(rendered[output], native)
    assert.equal(gatekeeper.checkRendered(output, options)[output], native)
  }
})

test('the tables are alike', () => {
  assert.deepEqual(gatekeeper.formats(), JSON.parse(cli(fixtures, 'formats', '--format', 'json')))
  assert.deepEqual(gatekeeper.rules(), JSON.parse(cli(fixtures, 'rules', '--format', 'json')))
})
