// A small GitHub: comments, reactions, pull requests, check runs and statuses as its REST API has them, with its limits and refusals.
'use strict'

const { serve } = require('./http.js')

const refused = (status, message, headers) => ({ status, headers, data: { message, documentation_url: 'https://docs.github.com/rest' } })
const LIMIT = 65_536

/** Accounts by token. `write` is what a token may do to pull requests, checks and statuses. */
const ACCOUNTS = {
  workflow: { login: 'github-actions[bot]', id: 41898282, type: 'Bot', app: true, write: true },
  fork: { login: 'github-actions[bot]', id: 41898282, type: 'Bot', app: true, write: false },
  other: { login: 'other-app[bot]', id: 7001, type: 'Bot', app: true, write: true },
  person: { login: 'ada', id: 5, type: 'User', app: false, write: true },
}

const github = async (options = {}) => {
  let serial = 1000
  const now = () => new Date((options.now ?? Date.now)()).toISOString().replace(/\.\d+Z$/, 'Z')
  const issues = new Map()
  const comments = new Map()
  const checkRuns = new Map()
  const statuses = []
  const commits = new Map()
  const rate = { remaining: 5000, reset: Math.floor(Date.now() / 1000) + 3600 }
  const hub = { issues, comments, checkRuns, statuses, commits, rate, owner: 'acme', repo: 'app', reactions: new Map(), noReactions: false }

  hub.pull = (number, { sha = 'a'.repeat(40), branch = 'change', from = 'acme/app', base = 'acme/app', state = 'open', known = from === base } = {}) => {
    const pull = {
      number, state, merge_commit_sha: 'e'.repeat(40),
      head: { sha, ref: branch, repo: from ? { full_name: from } : null }, base: { ref: 'main', repo: { full_name: base } },
    }
    issues.set(number, { number, pull, locked: false })
    // A repository knows the pull requests of its own commits; a fork's it does not.
    if (known) commits.set(sha, [...(commits.get(sha) ?? []), pull])
    return pull
  }
  hub.add = (number, account, body) => {
    const id = serial++
    comments.set(id, { id, body, user: { login: account.login, id: account.id, type: account.type }, issue: number, created_at: now(), updated_at: now() })
    return id
  }
  hub.on = (number) => [...comments.values()].filter((comment) => comment.issue === number)

  const shown = ({ issue, ...comment }) => ({ ...comment, html_url: `https://github.example/acme/app/pull/${issue}#issuecomment-${comment.id}` })
  const paged = (request, all) => {
    const size = Math.min(Number(request.query.per_page ?? 30), 100)
    const page = Number(request.query.page ?? 1)
    const last = Math.max(Math.ceil(all.length / size), 1)
    const to = (n, rel) => `<https://api.github.example/repositories/77${request.path.replace(/^\/repos\/[^/]+\/[^/]+/, '')}?${new URLSearchParams({ ...request.query, page: n })}>; rel="${rel}"`
    const links = [page > 1 && to(page - 1, 'prev'), page < last && to(page + 1, 'next'), page < last && to(last, 'last'), page > 1 && to(1, 'first')].filter(Boolean)
    return { items: all.slice((page - 1) * size, page * size), headers: links.length ? { link: links.join(', ') } : {} }
  }

  const routes = [
    ['GET', /^\/issues\/(\d+)\/comments$/, (request, me, number) => {
      if (!issues.has(number)) return refused(404, 'Not Found')
      if (issues.get(number).deleted) return refused(410, 'This issue was deleted')
      const { items, headers } = paged(request, hub.on(number))
      return { status: 200, headers, data: items.map(shown) }
    }],
    ['POST', /^\/issues\/(\d+)\/comments$/, (request, me, number) => {
      const issue = issues.get(number)
      if (!me.write) return refused(403, 'Resource not accessible by integration', { 'x-accepted-github-permissions': 'issues=write; pull_requests=write' })
      if (!issue) return refused(404, 'Not Found')
      if (issue.deleted) return refused(410, 'This issue was deleted')
      if (issue.locked) return refused(403, 'Unable to create comment because issue is locked.')
      const { body } = request.body
      if (typeof body !== 'string' || !body.trim()) return refused(422, 'Validation Failed')
      if ([...body].length > LIMIT) return { status: 422, data: { message: 'Validation Failed', errors: [{ resource: 'IssueComment', code: 'unprocessable', field: 'data', message: 'Body is too long (maximum is 65536 characters)' }] } }
      return { status: 201, data: shown(comments.get(hub.add(number, me, body))) }
    }],
    ['GET', /^\/issues\/comments\/(\d+)$/, (request, me, id) => (comments.has(id) ? { status: 200, data: shown(comments.get(id)) } : refused(404, 'Not Found'))],
    ['PATCH', /^\/issues\/comments\/(\d+)$/, (request, me, id) => {
      if (!me.write) return refused(403, 'Resource not accessible by integration')
      const comment = comments.get(id)
      if (!comment) return refused(404, 'Not Found')
      if ([...request.body.body].length > LIMIT) return refused(422, 'Validation Failed')
      hub.touched?.(me, comment)
      Object.assign(comment, { body: request.body.body, updated_at: now() })
      return { status: 200, data: shown(comment) }
    }],
    ['DELETE', /^\/issues\/comments\/(\d+)$/, (request, me, id) => {
      if (!me.write) return refused(403, 'Resource not accessible by integration')
      if (!comments.has(id)) return refused(404, 'Not Found')
      hub.touched?.(me, comments.get(id))
      comments.delete(id)
      return { status: 204 }
    }],
    ['POST', /^\/issues\/comments\/(\d+)\/reactions$/, (request, me, id) => {
      if (!me.write || hub.noReactions) return refused(403, 'Resource not accessible by integration')
      if (!comments.has(id)) return refused(404, 'Not Found')
      const all = hub.reactions.get(id) ?? hub.reactions.set(id, []).get(id)
      const given = all.find((reaction) => reaction.user.id === me.id && reaction.content === request.body.content)
      if (given) return { status: 200, data: given }
      const reaction = { id: serial++, content: request.body.content, user: { id: me.id, login: me.login }, created_at: now() }
      all.push(reaction)
      return { status: 201, data: reaction }
    }],
    ['DELETE', /^\/issues\/comments\/(\d+)\/reactions\/(\d+)$/, (request, me, id, reaction) => {
      const all = hub.reactions.get(id) ?? []
      const at = all.findIndex((one) => one.id === reaction && one.user.id === me.id)
      if (at < 0) return refused(404, 'Not Found')
      all.splice(at, 1)
      return { status: 204 }
    }],
    ['GET', /^\/pulls\/(\d+)$/, (request, me, number) => (issues.get(number)?.pull ? { status: 200, data: issues.get(number).pull } : refused(404, 'Not Found'))],
    ['GET', /^\/pulls$/, (request) => {
      const all = [...issues.values()].map((issue) => issue.pull).filter((pull) => pull && pull.state === (request.query.state ?? 'open'))
      const { head } = request.query
      const found = head ? all.filter((pull) => pull.head.repo && `${pull.head.repo.full_name.split('/')[0]}:${pull.head.ref}` === head) : all
      const { items, headers } = paged(request, found)
      return { status: 200, headers, data: items }
    }],
    ['GET', /^\/commits\/([0-9a-f]+)\/pulls$/, (request, me, sha) => ({ status: 200, data: commits.get(sha) ?? [] })],
    ['GET', /^\/commits\/([0-9a-f]+)\/check-runs$/, (request, me, sha) => {
      const all = [...checkRuns.values()].filter((run) => run.head_sha === sha && run.name === request.query.check_name)
      const { items, headers } = paged(request, all)
      return { status: 200, headers, data: { total_count: all.length, check_runs: items } }
    }],
    ['POST', /^\/check-runs$/, (request, me) => {
      if (!me.app) return refused(403, 'You must authenticate via a GitHub App.')
      if (!me.write) return refused(403, 'Resource not accessible by integration', { 'x-accepted-github-permissions': 'checks=write' })
      const wrong = run(request.body, true)
      if (wrong) return { status: 422, data: { message: `Invalid request.\n\n${wrong}` } }
      const id = serial++
      const { output, ...rest } = request.body
      checkRuns.set(id, { id, ...rest, html_url: `https://github.example/acme/app/runs/${id}`, output: { ...output, annotations: [...(output.annotations ?? [])] }, history: [{ status: rest.status ?? 'queued', conclusion: rest.conclusion }] })
      const { history, ...data } = checkRuns.get(id)
      return { status: 201, data }
    }],
    ['PATCH', /^\/check-runs\/(\d+)$/, (request, me, id) => {
      const one = checkRuns.get(id)
      if (!one) return refused(404, 'Not Found')
      const wrong = run(request.body, false)
      if (wrong) return { status: 422, data: { message: `Invalid request.\n\n${wrong}` } }
      const { output, ...rest } = request.body
      Object.assign(one, rest)
      // Annotations are added to those that are there.
      one.output = { ...one.output, ...output, annotations: [...one.output.annotations, ...(output?.annotations ?? [])] }
      one.history.push({ status: one.status, conclusion: one.conclusion })
      return { status: 200, data: one }
    }],
    ['POST', /^\/statuses\/([0-9a-f]+)$/, (request, me, sha) => {
      if (!me.write) return refused(403, 'Resource not accessible by integration', { 'x-accepted-github-permissions': 'statuses=write' })
      const { state, description = '', context = 'default', target_url = null } = request.body
      if (!['error', 'failure', 'pending', 'success'].includes(state)) return refused(422, 'Validation Failed')
      if (description.length > 140) return { status: 422, data: { message: 'Validation Failed', errors: [{ resource: 'Status', code: 'custom', field: 'description', message: 'description is too long (maximum is 140 characters)' }] } }
      statuses.push({ sha, state, description, context, target_url })
      return { status: 201, data: { state } }
    }],
  ]

  const run = (body, isNew) => {
    if (isNew && (!body.name || !body.head_sha)) return 'name, head_sha'
    if (body.status === 'completed' && !['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'].includes(body.conclusion)) return 'conclusion'
    if (body.output && (!body.output.title || typeof body.output.summary !== 'string')) return 'title and summary'
    if ((body.output?.summary ?? '').length > 65_535) return 'summary is too long'
    const annotations = body.output?.annotations ?? []
    if (annotations.length > 50) return 'No more than 50 items are allowed; annotations'
    for (const a of annotations) {
      if (!a.path || !Number.isInteger(a.start_line) || !Number.isInteger(a.end_line) || a.start_line < 1) return 'path, start_line, end_line'
      if (!['notice', 'warning', 'failure'].includes(a.annotation_level) || typeof a.message !== 'string' || !a.message) return 'annotation_level, message'
      if (a.message.length > 65_536 || (a.title ?? '').length > 255) return 'too long'
      if (a.start_column !== undefined && a.start_line !== a.end_line) return 'start_column'
    }
    return undefined
  }

  const answer = (request) => {
    const token = /^(?:bearer|token) (.*)$/i.exec(request.headers.authorization ?? '')?.[1]
    const me = ACCOUNTS[token]
    if (!me) return refused(401, 'Bad credentials')
    const path = request.path.replace(/^\/api(?:\/v3)?(?=\/)/, '')
    if (path === '/graphql') return { status: 200, data: { data: { viewer: { login: me.login, databaseId: me.id } } } }
    if (path === '/user') return me.app ? refused(403, 'Resource not accessible by integration') : { status: 200, data: me }
    if (rate.remaining <= 0) return refused(403, 'API rate limit exceeded for installation ID 1.', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(rate.reset) })
    rate.remaining -= 1
    const [, owner, repo, rest] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)$/.exec(path) ?? []
    if (owner !== hub.owner || repo !== hub.repo) return refused(404, 'Not Found')
    for (const [method, pattern, act] of routes) {
      const found = request.method === method && pattern.exec(rest)
      if (!found) continue
      const done = act(request, me, ...found.slice(1).map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : word)))
      // What has not changed costs nothing.
      return { ...done, headers: { 'x-ratelimit-remaining': String(rate.remaining), 'x-ratelimit-reset': String(rate.reset), ...done.headers }, unspent: () => (rate.remaining += 1) }
    }
    return refused(404, 'Not Found')
  }
  return Object.assign(hub, await serve(answer, options))
}

/** GitHub's answers when somebody is too fast. */
const secondary = (on, headers = { 'retry-after': '1' }) => ({ on, ...refused(403, 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.', headers) })
const broken = (on, more = {}) => ({ on, status: 502, data: { message: 'Server Error' }, ...more })

module.exports = { ACCOUNTS, broken, github, refused, secondary }
