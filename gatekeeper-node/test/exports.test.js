// What the package exports, as an installed one: to both kinds of modules, and to TypeScript under each way of resolving them.
'use strict'

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, test } = require('node:test')

const home = path.join(__dirname, '..')
const folder = mkdtempSync(path.join(os.tmpdir(), 'gatekeeper-exports-'))
after(() => rmSync(folder, { recursive: true }))
mkdirSync(path.join(folder, 'node_modules'))
symlinkSync(home, path.join(folder, 'node_modules', 'gatekeeper-rs'), 'junction')
const run = (name, text) => {
  writeFileSync(path.join(folder, name), text)
  return execFileSync(process.execPath, [name], { cwd: folder, encoding: 'utf8' })
}

test('ECMAScript modules import every name, and the whole', () => {
  const names = Object.keys(require('..'))
  const comment = Object.keys(require('../comment'))
  assert.ok(names.length > 12 && comment.length > 3)
  const said = run('a.mjs', `
    import gatekeeper, { ${names.join(', ')} } from 'gatekeeper-rs'
    import * as comments from 'gatekeeper-rs/comment'
    import { ${comment.join(', ')} } from 'gatekeeper-rs/comment'
    import metadata from 'gatekeeper-rs/package.json' with { type: 'json' }
    const same = [${names.map((name) => `gatekeeper.${name} === ${name}`)}]
    console.log(same.every(Boolean), typeof check, typeof comments.upsertComment, upsertComment === comments.default.upsertComment, metadata.name, check({ root: '.' }).status)
  `)
  assert.equal(said, 'true function function true gatekeeper-rs unknown\n')
})

test('CommonJS modules require them', () => {
  const said = run('b.cjs', `
    const { check, GatekeeperError } = require('gatekeeper-rs')
    const { upsertComment, createCheckRun, setCommitStatus, findPullRequests, CommentError } = require('gatekeeper-rs/comment')
    console.log(typeof check, [upsertComment, createCheckRun, setCommitStatus, findPullRequests].map((f) => typeof f).join(), CommentError.name, GatekeeperError.name, require('gatekeeper-rs/package.json').name)
  `)
  assert.equal(said, 'function function,function,function,function CommentError GatekeeperError gatekeeper-rs\n')
})

test('nothing else is exported', () => {
  for (const inner of ['gatekeeper-rs/native.js', 'gatekeeper-rs/comment/place.js']) {
    const { status, stderr } = spawnSync(process.execPath, ['-e', `require('${inner}')`], { cwd: folder, encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  }
})

const USE = `
import gatekeeper, { check, checkRendered, GatekeeperError, render, type Verdict } from 'gatekeeper-rs'
import { CommentError, createCheckRun, findPullRequests, setCommitStatus, upsertComment, type CommentMode, type CommentResult } from 'gatekeeper-rs/comment'

export async function use(octokit: { request: (options: any) => Promise<any> }): Promise<string> {
  const verdict: Verdict = check({ root: '.', changed: ['a.js'] })
  const markdown: string = render('markdown', verdict)['markdown'] + checkRendered(['markdown'])['markdown']
  const mode: CommentMode = 'on-change'
  const where = { octokit, owner: 'acme', repo: 'app' }
  const [issueNumber = 1] = await findPullRequests({ ...where, sha: 'a'.repeat(40), head: { repository: 'a/b', branch: 'c' } })
  const done: CommentResult = await upsertComment({ ...where, issueNumber, verdict, mode, run: { id: 1 } })
  await upsertComment({ gitlab: { token: 't', projectId: 1, mergeRequestIid: 2 }, verdict: JSON.stringify(verdict) })
  const { conclusion } = await createCheckRun({ token: 't', owner: 'acme', repo: 'app', sha: 'abcdef1', verdict, unknown: 'action_required' })
  const { state } = await setCommitStatus({ gitlab: { token: 't', projectId: 'a/b' }, sha: 'abcdef1', verdict })
  await setCommitStatus({ ...where, sha: 'abcdef1', verdict, key: 'x' })
  // @ts-expect-error there is no such mode
  await upsertComment({ ...where, issueNumber, verdict, mode: 'upsert' })
  // @ts-expect-error the number is one
  await upsertComment({ ...where, issueNumber: '7', verdict })
  // @ts-expect-error an unknown verdict is never neutral
  await createCheckRun({ ...where, sha: 'abcdef1', verdict, unknown: 'neutral' })
  // @ts-expect-error a place on both
  await setCommitStatus({ ...where, gitlab: { token: 't', projectId: 1 }, sha: 'abcdef1', verdict })
  try {
    gatekeeper.check()
  } catch (error) {
    if (error instanceof GatekeeperError) return error.code
    if (error instanceof CommentError) return error.code satisfies string
  }
  return [markdown, done.action, conclusion, state].join()
}
`
for (const [module, moduleResolution] of [['nodenext', 'nodenext'], ['node16', 'node16'], ['preserve', 'bundler']]) {
  test(`TypeScript finds the types under ${moduleResolution}`, { timeout: 300_000 }, () => {
    const at = path.join(folder, module)
    mkdirSync(at)
    for (const name of ['a.mts', 'b.cts']) writeFileSync(path.join(at, name), USE)
    const tsconfig = { compilerOptions: { module, moduleResolution, target: 'es2022', lib: ['es2022'], types: [], strict: true, noEmit: true, esModuleInterop: true }, files: ['a.mts', 'b.cts'] }
    writeFileSync(path.join(at, 'tsconfig.json'), JSON.stringify(tsconfig))
    const { status, stdout } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', at], { encoding: 'utf8' })
    assert.equal(stdout, '')
    assert.equal(status, 0)
  })
}

test('what is published holds what is exported', () => {
  const { exports, bin, files } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
  const named = [...Object.values(exports).flatMap((e) => (typeof e === 'string' ? [e] : Object.values(e))), ...Object.values(bin)]
  const holds = (file) => file === 'package.json' || files.some((pattern) => path.matchesGlob?.(file, pattern) ?? new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*/g, '[^/]*')}$`).test(file))
  for (const file of named.map((name) => path.normalize(name).replace(/\\/g, '/'))) assert.ok(holds(file), `${file} is not among the files`)
})
