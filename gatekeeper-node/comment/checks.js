// Check runs and commit statuses: what a branch rule can demand. Only a verdict that passes makes a green one.
'use strict'

const { CommentError, usage } = require('./error.js')
const github = require('./github.js')
const gitlab = require('./gitlab.js')
const { cut, keyOf, line } = require('./text.js')
const { blocks, read } = require('./verdict.js')

/** Annotations that GitHub takes in one request. */
const BATCH = 50

/** Characters of a message, of a title, of a summary, of a description. */
const MESSAGE = 2_000
const TITLE = 255
const SUMMARY = 65_535
const DESCRIPTION = 140

/** GitHub asks for a pause between requests that write, ms. */
const PAUSE = 1_000

/**
 * A place that an annotation can stand at: a path of the repository, as it is written.
 * @param {any} place
 */
const placed = (place) => {
  const path = typeof place?.path === 'string' ? place.path.replace(/^\.\//, '') : ''
  const plain = path && path.length <= 1_000 && line(path, 2_000) === path
  return plain && !/^[/\\~]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(path) ? path : undefined
}

/** @param {unknown} n */
const counted = (n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 1 && n <= 2 ** 31 - 1

/**
 * The annotations of a verdict, the worst first, and how many violations have no place or came too late.
 * @param {import('../documents').Verdict} verdict
 * @param {number} most
 */
const annotationsOf = (verdict, most) => {
  const found = []
  let left = 0
  const rank = { failure: 0, warning: 1, notice: 2 }
  for (const gate of verdict.gates ?? []) {
    if (gate.status === 'pass' || gate.status === 'skip') continue
    const level = /** @type {keyof typeof rank} */ (gate.blocking ? 'failure' : gate.status === 'missing' ? 'notice' : 'warning')
    for (const violation of gate.violations ?? []) {
      const path = placed(violation.place)
      if (path === undefined) {
        left += 1
        continue
      }
      const start = counted(violation.place?.line) ? violation.place?.line : 1
      const column = counted(violation.place?.line) && counted(violation.place?.column) ? violation.place?.column : undefined
      const parts = [violation.message, violation.package && `in ${violation.package}`, violation.help]
      found.push({
        path,
        start_line: start,
        end_line: start,
        ...(column === undefined ? {} : { start_column: column, end_column: column }),
        annotation_level: level,
        title: line(`gate ${gate.name}${violation.id ? ` (${violation.id})` : ''}`, TITLE),
        message: parts.filter(Boolean).map((part) => line(String(part), MESSAGE)).join('\n'),
      })
    }
  }
  found.sort((a, b) => rank[a.annotation_level] - rank[b.annotation_level])
  return { annotations: found.slice(0, most), left: left + Math.max(found.length - most, 0) }
}

/**
 * @param {import('../documents').Verdict} verdict
 * @param {'failure' | 'action_required'} unknown
 */
const conclusionOf = (verdict, unknown) => (!blocks(verdict) ? 'success' : verdict.status === 'unknown' ? unknown : 'failure')

/** @param {unknown} link */
const linkOf = (link) => {
  if (link === undefined) return undefined
  const text = typeof link === 'string' ? link : ''
  if (!/^https?:\/\/[\x21\x23-\x3b\x3d\x3f-\x7e]{1,1000}$/.test(text)) usage('link: expected an http:// or https:// address')
  return text
}

/** @param {import('./index').CheckRunOptions} o */
const createCheckRun = async (o) => {
  const unknown = o.unknown ?? 'failure'
  if (unknown !== 'failure' && unknown !== 'action_required') usage('unknown: expected "failure" or "action_required"; an unknown verdict is nothing better')
  const most = o.maxAnnotations ?? 1_000
  if (!Number.isSafeInteger(most) || most < 0) usage('maxAnnotations: expected a whole number')
  const api = github.apiOf(o, 'checks: write')
  const { at, name } = github.repositoryOf(o)
  const sha = github.shaOf(o.sha)
  const title = line(o.name ?? 'gatekeeper', 100)
  const link = linkOf(o.link)
  const { verdict, markdown } = read(o.verdict)
  const { annotations, left } = annotationsOf(verdict, most)
  const conclusion = conclusionOf(verdict, unknown)
  const doing = `create a check run for ${sha.slice(0, 12)} in ${name}`
  const more = left ? `\n\n<sub>${left} ${left === 1 ? 'violation has' : 'violations have'} no annotation</sub>` : ''
  const room = SUMMARY - more.length
  const text = markdown.length <= room ? markdown : `${markdown.slice(0, Math.max(markdown.slice(0, room - 20).lastIndexOf('\n'), 0))}\n\n… cut`
  const output = { title: line(`${verdict.status}: ${verdict.summary}`, TITLE), summary: text + more }
  const ended = () => ({ status: 'completed', conclusion, completed_at: new Date(api.now()).toISOString() })
  const id = `gatekeeper:${api.now()}:${Math.random().toString(36).slice(2)}`
  const landed = async () => {
    const list = (/** @type {any} */ data) => data?.check_runs
    const runs = await api.all(`${at}/commits/${sha}/check-runs`, { check_name: title, filter: 'all' }, doing, list)
    return runs.find((run) => run?.external_id === id)
  }
  const batches = Array.from({ length: Math.ceil(annotations.length / BATCH) }, (_, n) => annotations.slice(n * BATCH, (n + 1) * BATCH))
  const whole = batches.length < 2
  // Completed only with the last annotation: what breaks off is no green check.
  const created = await api.ask({
    method: 'POST',
    path: `${at}/check-runs`,
    body: {
      name: title,
      head_sha: sha,
      external_id: id,
      ...(link ? { details_url: link } : {}),
      ...(whole ? ended() : { status: 'in_progress' }),
      output: { ...output, annotations: batches[0] ?? [] },
    },
  }, { doing, landed })
  const run = created.data
  const path = `${at}/check-runs/${run.id}`
  try {
    for (const [n, batch] of batches.slice(1).entries()) {
      await api.sleep(PAUSE)
      const last = n === batches.length - 2
      await api.ask({ method: 'PATCH', path, body: { ...(last ? ended() : {}), output: { ...output, annotations: batch } } }, { doing })
    }
  } catch (error) {
    // Not left as if it still ran, and not green: not all of it was posted.
    const body = { status: 'completed', conclusion: conclusion === 'success' ? 'failure' : conclusion, output }
    await api.ask({ method: 'PATCH', path, body }, { doing }).catch(() => {})
    throw error
  }
  return { id: run.id, url: run.html_url, conclusion, annotations: annotations.length, left }
}

/** @param {import('./index').CommitStatusOptions} o */
const setCommitStatus = async (o) => {
  const sha = github.shaOf(o.sha)
  const link = linkOf(o.link)
  const context = o.key === undefined ? 'gatekeeper' : `gatekeeper/${keyOf(o.key)}`
  const { verdict } = read(o.verdict)
  return send(o, sha, context, link, {
    state: !blocks(verdict) ? 'success' : verdict.status === 'unknown' ? 'error' : 'failure',
    description: line(`${verdict.status}: ${verdict.summary}`, DESCRIPTION),
  })
}

/**
 * @param {import('./index').Target & import('./index').Patience} o
 * @param {string} sha
 * @param {string} context
 * @param {string | undefined} link
 * @param {{ state: 'success' | 'failure' | 'error', description: string }} status
 */
const send = async (o, sha, context, link, { state, description }) => {
  const target = link ? { target_url: link } : {}
  if (o.gitlab) {
    const api = gitlab.apiOf({ ...o.gitlab, patience: o.patience, sleep: o.sleep, now: o.now })
    const { at, name } = gitlab.projectOf(o.gitlab.projectId)
    // GitLab knows no `error`.
    const body = { state: state === 'success' ? 'success' : 'failed', name: context, description, ...target }
    // A status that is so already cannot be set again.
    const doing = `set the status of ${sha.slice(0, 12)} in ${name}`
    const answer = await api.ask({ method: 'POST', path: `${at}/statuses/${sha}`, body }, { doing, also: [400] })
    const same = answer.status === 400 && /cannot transition status/i.test(JSON.stringify(answer.data ?? ''))
    if (answer.status === 400 && !(same && state !== 'success')) {
      throw same
        ? new CommentError('invalid', `cannot ${doing}: it is there already, and GitLab does not say that it is a success`, { status: 400 })
        : api.refusal(doing, answer)
    }
    return { state, context, description }
  }
  const api = github.apiOf(o, 'statuses: write')
  const { at, name } = github.repositoryOf(o)
  const body = { state, context, description, ...target }
  await api.ask({ method: 'POST', path: `${at}/statuses/${sha}`, body }, { doing: `set the status of ${sha.slice(0, 12)} in ${name}` })
  return { state, context, description }
}

/**
 * What says that there is no verdict that could be used: never green.
 * @param {Omit<import('./index').CheckRunOptions, 'verdict'>} o
 * @param {string} markdown
 * @param {string} why
 */
const createUnusableCheckRun = async (o, markdown, why) => {
  const api = github.apiOf(o, 'checks: write')
  const { at, name } = github.repositoryOf(o)
  const sha = github.shaOf(o.sha)
  const conclusion = o.unknown === 'action_required' ? 'action_required' : 'failure'
  const output = { title: cut(`unknown: ${line(why, TITLE)}`, TITLE), summary: markdown }
  const body = { name: line(o.name ?? 'gatekeeper', 100), head_sha: sha, status: 'completed', conclusion, output }
  const { data } = await api.ask({ method: 'POST', path: `${at}/check-runs`, body }, { doing: `create a check run for ${sha.slice(0, 12)} in ${name}` })
  return { id: data.id, url: data.html_url, conclusion, annotations: 0, left: 0 }
}

/**
 * @param {Omit<import('./index').CommitStatusOptions, 'verdict'>} o
 * @param {string} why
 */
const setUnusableStatus = async (o, why) => {
  const context = o.key === undefined ? 'gatekeeper' : `gatekeeper/${keyOf(o.key)}`
  const target = /** @type {import('./index').Target & import('./index').Patience} */ (o)
  return send(target, github.shaOf(o.sha), context, linkOf(o.link), { state: 'error', description: line(`unknown: ${why}`, DESCRIPTION) })
}

module.exports = { annotationsOf, createCheckRun, createUnusableCheckRun, linkOf, setCommitStatus, setUnusableStatus }
