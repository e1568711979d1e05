// `gatekeeper-rs/comment`: a verdict on a pull request or merge request, as a comment, a check run or a commit status.
'use strict'

const { randomBytes } = require('node:crypto')
const checks = require('./checks.js')
const { CommentError, usage } = require('./error.js')
const { GitHub, findPullRequests, shaOf } = require('./github.js')
const { GitLab } = require('./gitlab.js')
const { MODES, place } = require('./place.js')
const { compose, keyOf, marker, stateOf } = require('./text.js')
const { blocks, read } = require('./verdict.js')

const TARGET = ['octokit', 'token', 'baseUrl', 'owner', 'repo', 'gitlab', 'patience', 'sleep', 'now']
const COMMENT = [...TARGET, 'issueNumber', 'verdict', 'key', 'mode', 'sha', 'run', 'before', 'after', 'link', 'author']
const CHECK = [...TARGET, 'sha', 'verdict', 'name', 'unknown', 'link', 'maxAnnotations']
const STATUS = [...TARGET, 'sha', 'verdict', 'key', 'link']
const FIND = [...TARGET, 'sha', 'head']

/**
 * A misspelt option must not quietly do nothing.
 * @param {unknown} given
 * @param {string[]} known
 */
const checked = (given, known) => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) usage('options: expected an object')
  for (const key of Object.keys(given)) if (!known.includes(key)) usage(`options: there is no \`${line80(key)}\`; there are ${known.join(', ')}`)
  const { patience, sleep, now } = /** @type {any} */ (given)
  if (patience !== undefined && !(Number.isFinite(patience) && patience >= 0)) usage('patience: expected milliseconds')
  for (const [name, value] of Object.entries({ sleep, now })) if (value !== undefined && typeof value !== 'function') usage(`${name}: expected a function`)
}

/** @param {string} text */
const line80 = (text) => text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')

/** @param {unknown} run @param {NodeJS.ProcessEnv} env */
const runOf = (run, env) => {
  const whole = (/** @type {unknown} */ n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 1
  if (run !== undefined) {
    const { id, attempt } = /** @type {any} */ (run) ?? {}
    if (!whole(id) || (attempt !== undefined && !whole(attempt))) usage('run: expected { id, attempt } with whole numbers')
    return { run: id, attempt: attempt ?? 1 }
  }
  const id = Number(env.GITHUB_RUN_ID ?? env.CI_PIPELINE_ID)
  const attempt = Number(env.GITHUB_RUN_ATTEMPT ?? 1)
  return whole(id) ? { run: id, attempt: whole(attempt) ? attempt : 1 } : {}
}

/** @param {import('./index').CommentOptions} o */
const hostOf = (o) => {
  const patience = { patience: o.patience, sleep: o.sleep, now: o.now }
  if (o.gitlab === undefined) return new GitHub(/** @type {any} */ (o))
  if (o.octokit !== undefined || o.token !== undefined || o.issueNumber !== undefined) {
    usage('gitlab: it goes with none of `octokit`, `token` and `issueNumber`, which are for GitHub')
  }
  if (typeof o.gitlab !== 'object' || o.gitlab === null) usage('gitlab: expected { token, projectId, mergeRequestIid }')
  for (const key of Object.keys(o.gitlab)) {
    if (!['token', 'projectId', 'mergeRequestIid', 'baseUrl'].includes(key)) usage(`gitlab: there is no \`${line80(key)}\`; there are token, projectId, mergeRequestIid, baseUrl`)
  }
  return new GitLab(/** @type {any} */ ({ ...o.gitlab, author: o.author, ...patience }))
}

/**
 * @param {import('./index').CommentOptions} o
 * @param {{ markdown: string, state: string, blocks: boolean }} said
 */
const post = async (o, said) => {
  const mode = o.mode ?? 'update'
  if (!Object.hasOwn(MODES, mode)) usage(`mode: expected one of ${Object.keys(MODES).join(', ')}`)
  const key = keyOf(o.key ?? 'default')
  const sha = o.sha === undefined ? undefined : shaOf(o.sha)
  const link = checks.linkOf(o.link)
  for (const name of /** @type {const} */ (['before', 'after', 'author'])) {
    if (o[name] !== undefined && typeof o[name] !== 'string') usage(`${name}: expected a string`)
  }
  const host = hostOf(o)
  const stamp = { ...runOf(o.run, process.env), at: host.api.now(), id: randomBytes(8).toString('hex') }
  const mark = marker({ key, stamp, sha, state: said.state })
  const body = compose({ mark, before: o.before, verdict: said.markdown, after: o.after, sha, link }, host.limit)
  if (sha !== undefined) {
    const heads = await host.heads()
    if (heads.length && !heads.some((head) => head.toLowerCase().startsWith(sha))) return { action: 'stale', removed: 0 }
  }
  return place(host, { body: host.finish(body), key, stamp, state: said.state, blocks: said.blocks }, mode)
}

exports.CommentError = CommentError
exports.upsertComment = async (/** @type {import('./index').CommentOptions} */ o) => {
  checked(o, COMMENT)
  const { verdict, markdown } = read(o.verdict)
  return post(o, { markdown, state: stateOf(verdict), blocks: blocks(verdict) })
}
exports.createCheckRun = async (/** @type {import('./index').CheckRunOptions} */ o) => {
  checked(o, CHECK)
  if (o.gitlab !== undefined) usage('gitlab: GitLab has no check runs; use setCommitStatus')
  return checks.createCheckRun(o)
}
exports.setCommitStatus = async (/** @type {import('./index').CommitStatusOptions} */ o) => {
  checked(o, STATUS)
  return checks.setCommitStatus(o)
}
exports.findPullRequests = async (/** @type {import('./index').FindOptions} */ o) => {
  checked(o, FIND)
  return findPullRequests(o)
}

// For the command line: a comment that says why there is no verdict.
Object.defineProperty(exports, 'post', { value: post, enumerable: false })
