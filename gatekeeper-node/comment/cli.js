// `gatekeeper comment`: the second stage, which holds a token that may write and treats the verdict as a stranger's.
'use strict'

const { readFileSync, fstatSync, openSync, closeSync } = require('node:fs')
const { parseArgs } = require('node:util')
const comment = require('./index.js')
const checks = require('./checks.js')
const { CommentError, usage } = require('./error.js')
const { line, unusable } = require('./text.js')
const { read } = require('./verdict.js')

const HELP = `Posts a verdict on a pull request or merge request: a comment of its own that is kept up to date, a check run, a commit status

Usage: gatekeeper comment --verdict FILE [--number N | --sha SHA] [OPTIONS]

What and where
  --verdict FILE       The verdict, as \`gatekeeper check --format json\` wrote it; - is standard input
  --repo OWNER/REPO    The repository [default: GITHUB_REPOSITORY]
  --number N           The pull request [default: the one of the event that started the workflow]
  --sha SHA            The head commit that was judged. Without --number, GitHub says which open pull requests it is the head of;
                       with it, nothing is written where the pull request has moved on
  --gitlab             GitLab instead: --project, --number [default: CI_PROJECT_ID, CI_MERGE_REQUEST_IID]
  --project ID         The project's number, or its path
  --api-url URL        [default: GITHUB_API_URL; CI_SERVER_URL with --gitlab]

How
  --key KEY            Comments of different keys stand side by side [default: default]
  --mode MODE          update: one comment, kept up to date in place (default)
                       recreate: a new comment at the end, the old one goes
                       append: a comment for each run
                       on-change: in place while whole and gates stay as they are, a new comment otherwise
                       on-failure: none until a verdict fails or is unknown
  --check-run [NAME]   A check run as well, with annotations: needs --sha and \`checks: write\`
  --status [CONTEXT]   A commit status as well: needs --sha and \`statuses: write\`
  --no-comment         Only those
  --unknown WORD       What an unknown verdict makes of the check run: failure (default) or action_required
  --commit SHA         The verdict has to be for this commit
  --run ID[.ATTEMPT]   What is posted is from this run; an older run never replaces it
                       [default: the run that the event tells of, GITHUB_RUN_ID, CI_PIPELINE_ID]
  --link URL           Where the comment's "details" lead [default: the workflow's run]
  --author LOGIN       Whose comments are ours [default: whose the token is]
  --dry-run            Show the comment and write nothing
  -h, --help           Show this

The token is read from GITHUB_TOKEN or GH_TOKEN (GITLAB_TOKEN with --gitlab) and is never an argument.

Exit codes: 0 posted, or nothing to post, whatever the verdict is; 2 wrong usage; 3 it could not be posted, or the verdict cannot be used
(then that is what the comment says)
`

/** Bytes of a verdict that are read. */
const MOST = 256 << 20

/** @type {Record<string, { type: 'string' | 'boolean', short?: string }>} */
const OPTIONS = {
  verdict: { type: 'string' }, repo: { type: 'string' }, number: { type: 'string' }, sha: { type: 'string' }, gitlab: { type: 'boolean' },
  project: { type: 'string' }, 'api-url': { type: 'string' }, key: { type: 'string' }, mode: { type: 'string' }, 'check-run': { type: 'string' },
  status: { type: 'string' }, 'no-comment': { type: 'boolean' }, unknown: { type: 'string' }, commit: { type: 'string' }, run: { type: 'string' },
  link: { type: 'string' }, author: { type: 'string' }, 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
}

/**
 * `--check-run` and `--status` stand alone or with a name.
 * @param {string[]} argv
 */
const named = (argv) =>
  argv.map((word, n) => {
    const alone = argv[n + 1] === undefined || argv[n + 1].startsWith('-')
    return (word === '--check-run' || word === '--status') && alone ? `${word}=` : word
  })

/**
 * The option that was meant.
 * @param {string} word
 */
const nearest = (word) => {
  const distance = (/** @type {string} */ a, /** @type {string} */ b) => {
    let row = Array.from({ length: b.length + 1 }, (_, n) => n)
    for (let i = 1; i <= a.length; i += 1) {
      const next = [i]
      for (let j = 1; j <= b.length; j += 1) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]))
      row = next
    }
    return row[b.length]
  }
  const [best] = Object.keys(OPTIONS).map((name) => ({ name, far: distance(word.slice(0, 40), name) })).sort((a, b) => a.far - b.far)
  return best.far <= 3 ? `; did you mean --${best.name}?` : '; see gatekeeper comment --help'
}

/** @param {string[]} argv */
const parsed = (argv) => {
  try {
    const { values, positionals } = parseArgs({ args: named(argv), options: OPTIONS, strict: true, allowPositionals: true })
    if (positionals.length) usage(`unexpected "${line(positionals[0], 80)}": a verdict is named with --verdict`)
    return /** @type {Record<string, any>} */ (values)
  } catch (error) {
    if (error instanceof CommentError) throw error
    const word = /** @type {any} */ (error).message.match(/^Unknown option '--?([^'=]*)/)?.[1]
    const first = String(/** @type {any} */ (error).message).split(/\. |\n/)[0].replace(/'/g, '')
    return usage(word === undefined ? line(first, 200) : `there is no option --${line(word, 40)}${nearest(word)}`)
  }
}

/**
 * What the runner wrote of the event that started the workflow. It is GitHub's word, not the artifact's.
 * @param {NodeJS.ProcessEnv} env
 */
const eventOf = (env) => {
  try {
    return env.GITHUB_EVENT_PATH ? JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8')) : {}
  } catch {
    return {}
  }
}

/** @param {string} file */
const textOf = (file) => {
  let open
  try {
    open = file === '-' ? 0 : openSync(file, 'r')
    const { size } = fstatSync(open)
    if (size > MOST) usage(`${line(file, 200)}: ${size} bytes, above the limit of ${MOST}`)
    const text = readFileSync(open, 'utf8')
    if (text.length > MOST) usage(`${line(file, 200)}: above the limit of ${MOST} bytes`)
    return text
  } catch (error) {
    if (error instanceof CommentError) throw error
    return usage(`cannot read the verdict ${line(file, 200)}: ${line(String(/** @type {any} */ (error).code ?? error), 100)}`)
  } finally {
    if (open) closeSync(open)
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
const whole = (name, value) => {
  if (value === undefined || value === '') return undefined
  const number = /^\d{1,15}$/.test(String(value)) ? Number(value) : 0
  return number >= 1 ? number : usage(`${name}: expected a number from 1, found "${line(String(value), 40)}"`)
}

/**
 * Where to post, and as whom.
 * @param {Record<string, any>} v
 * @param {NodeJS.ProcessEnv} env
 */
const targetOf = (v, env) => {
  if (v.gitlab) {
    for (const name of ['repo', 'check-run']) if (v[name] !== undefined) usage(`--${name} is for GitHub and goes not with --gitlab`)
    const projectId = v.project ?? env.CI_PROJECT_ID ?? usage('there is no --project, and CI_PROJECT_ID is not set')
    const baseUrl = v['api-url'] ?? env.CI_SERVER_URL
    const iid = whole('--number', v.number ?? env.CI_MERGE_REQUEST_IID)
    return { numbers: iid === undefined ? [] : [iid], gitlab: { projectId, ...(baseUrl ? { baseUrl } : {}), token: env.GITLAB_TOKEN ?? '' }, name: `${projectId}` }
  }
  if (v.project !== undefined) usage('--project is for GitLab: add --gitlab')
  const name = v.repo ?? env.GITHUB_REPOSITORY ?? usage('there is no --repo, and GITHUB_REPOSITORY is not set')
  const [owner, repo, ...more] = String(name).split('/')
  if (!owner || !repo || more.length) usage(`--repo: expected OWNER/REPO, found "${line(String(name), 80)}"`)
  const baseUrl = v['api-url'] ?? env.GITHUB_API_URL
  return { owner, repo, ...(baseUrl ? { baseUrl } : {}), token: env.GITHUB_TOKEN || env.GH_TOKEN || '', name: `${owner}/${repo}` }
}

/**
 * @param {Record<string, any>} v
 * @param {any} event
 */
const runOf = (v, event) => {
  if (v.run !== undefined) {
    const [, id, attempt] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(v.run) ?? usage(`--run: expected ID or ID.ATTEMPT, found "${line(v.run, 40)}"`)
    return { id: Number(id), attempt: Number(attempt ?? 1) }
  }
  // A second stage posts what the run that started it found: that is how old it is.
  const first = event?.workflow_run
  return Number.isSafeInteger(first?.id) ? { id: first.id, attempt: first.run_attempt ?? 1 } : undefined
}

/** @param {NodeJS.ProcessEnv} env @param {any} event */
const linkOf = (env, event) => {
  const run = event?.workflow_run?.id ?? env.GITHUB_RUN_ID
  if (/^\d+$/.test(String(run)) && env.GITHUB_SERVER_URL && env.GITHUB_REPOSITORY) return `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${run}`
  return env.CI_PIPELINE_URL
}

/**
 * @param {Record<string, any>} v
 * @param {NodeJS.ProcessEnv} env
 * @param {(text: string) => void} out
 * @param {(text: string) => void} err
 */
const run = async (v, env, out, err) => {
  if (v.verdict === undefined) usage('there is no --verdict: name the file that `gatekeeper check --format json` wrote')
  const event = v.gitlab ? {} : eventOf(env)
  const { name, numbers, ...target } = /** @type {any} */ (targetOf(v, env))
  const sha = v.sha ?? event?.pull_request?.head?.sha ?? event?.workflow_run?.head_sha ?? (v.gitlab ? env.CI_COMMIT_SHA : undefined)
  const wanted = { 'check-run': v['check-run'] !== undefined, status: v.status !== undefined }
  for (const [option, asked] of Object.entries(wanted)) if (asked && sha === undefined) usage(`--${option} needs --sha: the commit that it is for`)
  if (v['no-comment'] && !wanted['check-run'] && !wanted.status) usage('--no-comment leaves nothing to do: add --check-run or --status')
  if (v.unknown !== undefined && !wanted['check-run']) usage('--unknown says what becomes of the check run: add --check-run')
  const link = v.link ?? linkOf(env, event)
  const common = { ...target, ...(link ? { link } : {}) }
  /** @type {any} */
  const options = { key: v.key ?? 'default', mode: v.mode ?? 'update', ...(v.author ? { author: v.author } : {}) }
  const from = runOf(v, event)
  if (from) options.run = from

  let given = whole('--number', v.number) ?? (v.sha === undefined ? whole('--number', event?.pull_request?.number) : undefined)
  if (v.gitlab) given = numbers[0]
  const found = !v['no-comment'] && given === undefined
  if (found && v.gitlab) usage('there is no --number, and CI_MERGE_REQUEST_IID is not set: run it in a merge request pipeline')
  if (found && sha === undefined) usage('there is neither --number nor --sha, and the event is of no pull request')

  const text = textOf(v.verdict)
  /** @type {{ verdict: any, markdown: string } | undefined} */
  let kept
  /** @type {CommentError | undefined} */
  let refused
  try {
    kept = read(text)
    if (v.commit !== undefined) ofCommit(kept.verdict, v.commit)
  } catch (error) {
    if (!(error instanceof CommentError) || error.code !== 'verdict') throw error
    refused = error
  }
  const markdown = refused || !kept ? unusable(refused?.message ?? '') : kept.markdown
  if (v['dry-run']) {
    const where = given === undefined ? `the open pull requests of ${name} whose head is ${sha}` : `${name}${v.gitlab ? '!' : '#'}${given}`
    err(`gatekeeper: a dry run: nothing is written. ${v['no-comment'] ? 'No comment' : `Mode ${options.mode}, key ${options.key}: would comment on ${where}`}\n`)
    out(`${markdown.trim()}\n`)
    return refused ? fail(refused, err) : 0
  }
  const token = target.gitlab ? target.gitlab.token : target.token
  if (!token) usage(v.gitlab ? 'there is no token: set GITLAB_TOKEN (CI_JOB_TOKEN may not write notes)' : 'there is no token: set GITHUB_TOKEN or GH_TOKEN')

  const done = /** @type {string[]} */ ([])
  const failed = /** @type {CommentError[]} */ ([])
  const attempt = async (/** @type {() => Promise<string>} */ work) => {
    try {
      done.push(await work())
    } catch (error) {
      if (!(error instanceof CommentError) || error.code === 'usage') throw error
      failed.push(error)
    }
  }
  // What rules can demand comes first: a comment that fails must not keep it from being red.
  if (wanted.status) await attempt(() => status(v, { ...common, sha }, text, refused))
  if (wanted['check-run']) await attempt(() => check(v, { ...common, sha }, text, refused, markdown))
  if (!v['no-comment']) {
    await attempt(async () => {
      const all = given === undefined ? await comment.findPullRequests({ ...target, sha, ...headOf(event, sha) }) : [given]
      if (!all.length) return `no open pull request of ${name} has the head ${sha}: nothing to comment on`
      const said = []
      for (const number of all) {
        const at = v.gitlab ? { gitlab: { ...target.gitlab, mergeRequestIid: number } } : { ...target, issueNumber: number }
        const o = { ...at, ...options, ...(link ? { link } : {}), ...(sha === undefined ? {} : { sha }) }
        const state = { markdown, state: 'unknown:unusable', blocks: true }
        const result = refused ? await /** @type {any} */ (comment).post(o, state) : await comment.upsertComment({ ...o, verdict: text })
        said.push(told(result, `${name}${v.gitlab ? '!' : '#'}${number}`))
      }
      return said.join('\n')
    })
  }
  for (const words of done) err(`gatekeeper: ${words}\n`)
  for (const error of [...failed, ...(refused ? [refused] : [])]) fail(error, err)
  return failed.length || refused ? 3 : 0
}

/** @param {any} result @param {string} where */
const told = ({ action, url, removed }, where) => {
  const more = removed ? `; ${removed} older ${removed === 1 ? 'comment' : 'comments'} deleted` : ''
  const words = {
    stale: `${where}: a newer run has commented, or the pull request has moved on: nothing written`,
    none: `${where}: it passes, and there is no comment: nothing written`,
    unchanged: `${where}: the comment says this already`,
  }
  return words[/** @type {keyof typeof words} */ (action)] ?? `${where}: comment ${action}${url ? `: ${url}` : ''}${more}`
}

/** The fork's branch, where the event says it: only its pull requests are asked for. @param {any} event @param {string} sha */
const headOf = (event, sha) => {
  const of = event?.workflow_run
  const repository = of?.head_repository?.full_name
  return of?.head_sha === sha && typeof repository === 'string' && typeof of?.head_branch === 'string'
    ? { head: { repository, branch: of.head_branch } }
    : {}
}

/** @param {Record<string, any>} v @param {any} o @param {string} text @param {CommentError | undefined} refused */
const status = async (v, o, text, refused) => {
  const key = v.status === '' ? {} : { key: v.status }
  const { state, context } = refused ? await checks.setUnusableStatus({ ...o, ...key }, refused.message) : await comment.setCommitStatus({ ...o, ...key, verdict: text })
  return `commit status ${context}: ${state}`
}

/** @param {Record<string, any>} v @param {any} o @param {string} text @param {CommentError | undefined} refused @param {string} markdown */
const check = async (v, o, text, refused, markdown) => {
  const { gitlab, ...rest } = o
  const more = { ...rest, ...(v['check-run'] === '' ? {} : { name: v['check-run'] }), ...(v.unknown === undefined ? {} : { unknown: v.unknown }) }
  const made = refused ? await checks.createUnusableCheckRun(more, markdown, refused.message) : await comment.createCheckRun({ ...more, verdict: text })
  return `check run: ${made.conclusion}, ${made.annotations} annotations${made.left ? ` (${made.left} violations without one)` : ''}${made.url ? `: ${made.url}` : ''}`
}

/** @param {any} verdict @param {string} commit */
const ofCommit = (verdict, commit) => {
  if (!/^[0-9a-f]{7,64}$/i.test(commit)) usage('--commit: expected a commit, in hexadecimal digits')
  const known = verdict.context?.commit
  const same = typeof known === 'string' && known.length >= 7 && (known.startsWith(commit.toLowerCase()) || commit.toLowerCase().startsWith(known))
  if (!same) throw new CommentError('verdict', `the verdict is for ${known === undefined ? 'no commit that it knows' : line(String(known), 64)}, not for ${commit}`)
}

/** @param {CommentError} error @param {(text: string) => void} err */
const fail = (error, err) => {
  err(`gatekeeper: ${error.message}\n`)
  return error.code === 'usage' ? 2 : 3
}

/**
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} [env]
 * @param {(text: string) => void} [out]
 * @param {(text: string) => void} [err]
 */
const main = async (argv, env = process.env, out = (text) => process.stdout.write(text), err = (text) => process.stderr.write(text)) => {
  try {
    const values = parsed(argv)
    if (values.help) {
      out(HELP)
      return 0
    }
    return await run(values, env, out, err)
  } catch (error) {
    if (error instanceof CommentError) return fail(error, err)
    err(`gatekeeper: ${line(String(error), 500)}\n`)
    return 3
  }
}

module.exports = { HELP, main }
