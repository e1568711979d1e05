// Comments, check runs and commit statuses on GitHub.
'use strict'

const { Api, address, overFetch, overOctokit, printable } = require('./api.js')
const { CommentError, usage } = require('./error.js')

/** Most characters of a comment. */
const LIMIT = 65_536

const TWO_STAGES =
  'A run that a pull request from a fork started has a token that only reads, whatever `permissions` say. Let that run upload its verdict as an ' +
  'artifact, and post from a second workflow `on: workflow_run`, with `gatekeeper comment --sha ${{ github.event.workflow_run.head_sha }}`'

/**
 * What a refusal means, and what to do.
 * @param {import('./api').Answer} answer
 * @param {string} permission
 * @returns {{ code: import('./index').CommentErrorCode, help?: string }}
 */
const explain = ({ status, headers, data }, permission) => {
  const said = String(data?.message ?? '')
  const accepted = headers['x-accepted-github-permissions']
  if (/\blocked\b/i.test(said)) {
    return { code: 'locked', help: 'The conversation is locked: unlock it, or use a token of someone with write access' }
  }
  if (status === 401) return { code: 'unauthorised', help: 'The token is wrong, expired or revoked: give another one' }
  if (status === 403 && headers['x-github-sso']) {
    return { code: 'forbidden', help: 'The organisation demands single sign-on: authorise the token for it in your settings' }
  }
  if (status === 403 && /more than 2,?500 comments/i.test(said)) {
    return { code: 'forbidden', help: 'The pull request has as many comments as GitHub takes: use a check run instead' }
  }
  if (status === 403 && /authenticate via a GitHub App/i.test(said)) {
    return { code: 'forbidden', help: 'Check runs are for GitHub Apps: use the GITHUB_TOKEN of a workflow or of an app, or set a commit status instead' }
  }
  if (status === 403) {
    // `a=write; b=write` are two ways, `a=write,b=write` is one.
    const plain = /^[a-z_=,; ]{1,200}$/.test(accepted ?? '')
    const needs = plain ? accepted.replace(/_/g, '-').replace(/=/g, ': ').replace(/;\s*/g, ' or ').replace(/,\s*/g, ' and ') : permission
    return { code: 'forbidden', help: `The token may not do that; it needs ${needs} (\`permissions:\` of the job). ${TWO_STAGES}` }
  }
  if (status === 404) {
    return { code: 'not-found', help: 'Either it does not exist, or the token may not see it: check repository, number and permissions' }
  }
  if (status === 410) return { code: 'gone', help: 'It was deleted, or the repository has issues switched off' }
  if (status === 422) return { code: 'invalid', help: 'GitHub does not take this: check the number, the commit and what is asked for' }
  return { code: 'unavailable' }
}

/**
 * @param {import('./index').GitHubTarget & import('./index').Patience} o
 * @param {string} permission
 */
const apiOf = (o, permission) => {
  /** @type {import('./api').Transport} */
  let transport
  if (o.octokit !== undefined) {
    if (typeof o.octokit?.request !== 'function') usage('octokit: expected an Octokit, with a function `request`')
    transport = overOctokit(o.octokit)
  } else {
    if (o.token === undefined) usage('there is neither `octokit` nor `token`: give one of them')
    const base = address('baseUrl', o.baseUrl ?? 'https://api.github.com')
    transport = overFetch(base, {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${printable('token', o.token)}`,
      'user-agent': 'gatekeeper-rs',
      'x-github-api-version': '2022-11-28',
    })
  }
  return new Api({ transport, explain: (answer) => explain(answer, permission), name: 'GitHub', patience: o.patience, sleep: o.sleep, now: o.now })
}

/** @param {{ owner?: unknown, repo?: unknown }} o */
const repositoryOf = ({ owner, repo }) => {
  if (typeof owner !== 'string' || !/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})$/.test(owner)) usage('owner: expected the name of a GitHub account')
  if (typeof repo !== 'string' || !/^[A-Za-z0-9._-]{1,100}$/.test(repo) || /^\.\.?$/.test(repo)) usage('repo: expected the name of a repository, without its owner')
  return { at: `/repos/${owner}/${repo}`, name: `${owner}/${repo}` }
}

/** A pull request's comments. */
class GitHub {
  /** @param {import('./index').GitHubTarget & { issueNumber: number, author?: string } & import('./index').Patience} o */
  constructor(o) {
    this.api = apiOf(o, 'pull-requests: write')
    const { at, name } = repositoryOf(o)
    if (!Number.isSafeInteger(o.issueNumber) || o.issueNumber < 1) usage('issueNumber: expected the number of a pull request')
    this.at = at
    this.number = o.issueNumber
    this.name = `${name}#${o.issueNumber}`
    this.author = o.author
    this.limit = LIMIT
    this.finish = (/** @type {string} */ body) => body
  }

  /** Whose the token is. `GET /user` is closed to the tokens of workflows and apps; GraphQL's viewer is not. */
  async whoami() {
    if (this.author !== undefined) return { login: this.author }
    const doing = 'find out whose the token is'
    const asked = await this.api.ask(
      { method: 'POST', path: '/graphql', body: { query: 'query { viewer { login databaseId } }' } }, { doing, also: [400, 401, 403, 404] })
    const viewer = asked.data?.data?.viewer ?? asked.data?.viewer
    if (typeof viewer?.login === 'string') return { login: viewer.login, id: viewer.databaseId ?? undefined }
    if (asked.status === 401) throw this.api.refusal(doing, asked)
    const { status, data } = await this.api.ask({ method: 'GET', path: '/user' }, { doing, also: [403, 404] })
    if (status === 200 && typeof data?.login === 'string') return { login: data.login, id: data.id }
    throw new CommentError('identity', `cannot ${doing}, and only its own comments may be touched`, {
      help: 'Say so with `author`, "github-actions[bot]" for the token of a workflow',
    })
  }

  /** @param {any} raw */
  read(raw) {
    return { id: raw?.id, body: raw?.body, url: raw?.html_url, author: { login: String(raw?.user?.login ?? ''), id: raw?.user?.id } }
  }

  async list() {
    const found = await this.api.all(`${this.at}/issues/${this.number}/comments`, {}, `list the comments of ${this.name}`)
    return found.map(this.read)
  }

  /** @param {number} id */
  async get(id) {
    const answer = await this.api.ask({ method: 'GET', path: `${this.at}/issues/comments/${id}` }, { doing: `read a comment of ${this.name}`, also: [404, 410] })
    return answer.status === 200 ? this.read(answer.data) : undefined
  }

  /**
   * @param {string} body
   * @param {() => Promise<any>} landed
   */
  async create(body, landed) {
    const path = `${this.at}/issues/${this.number}/comments`
    const { data } = await this.api.ask({ method: 'POST', path, body: { body } }, { doing: `comment on ${this.name}`, landed })
    return data.author ? data : this.read(data)
  }

  /**
   * @param {number} id
   * @param {string} body
   */
  async update(id, body) {
    const path = `${this.at}/issues/comments/${id}`
    const answer = await this.api.ask({ method: 'PATCH', path, body: { body } }, { doing: `update a comment of ${this.name}`, once: true, also: [404] })
    return answer.status === 404 ? undefined : this.read(answer.data)
  }

  /**
   * @param {number} id
   * @param {boolean} [once]
   */
  async remove(id, once) {
    const { status } = await this.api.ask(
      { method: 'DELETE', path: `${this.at}/issues/comments/${id}` }, { doing: `delete a comment of ${this.name}`, once, also: [404, 410] })
    return status < 300
  }

  /**
   * A reaction is given once per account, and GitHub says whether it was given now: that makes it a lock which runs on any machine share.
   * @param {number} id
   * @returns {Promise<{ is: 'mine' | 'held', id: number, since: number } | { is: 'gone' | 'none' }>}
   */
  async lock(id) {
    const answer = await this.api.ask(
      { method: 'POST', path: `${this.at}/issues/comments/${id}/reactions`, body: { content: 'eyes' } },
      { doing: `react to a comment of ${this.name}`, also: [403, 404, 422] })
    if (answer.status === 404) return { is: 'gone' }
    if (answer.status > 299 || !Number.isSafeInteger(answer.data?.id)) return { is: 'none' }
    const now = Date.parse(answer.headers.date ?? '') || this.api.now()
    return { is: answer.status === 201 ? 'mine' : 'held', id: answer.data.id, since: now - Date.parse(answer.data.created_at) }
  }

  /**
   * @param {number} id
   * @param {number} lock
   */
  async unlock(id, lock) {
    await this.api.ask(
      { method: 'DELETE', path: `${this.at}/issues/comments/${id}/reactions/${lock}` }, { doing: `take back a reaction on ${this.name}`, also: [403, 404, 410] })
  }

  /** The commits that the pull request stands for now; none where it is an issue. */
  async heads() {
    const { status, data } = await this.api.ask({ method: 'GET', path: `${this.at}/pulls/${this.number}` }, { doing: `read ${this.name}`, also: [404] })
    return status === 200 ? [data?.head?.sha, data?.merge_commit_sha].filter((sha) => typeof sha === 'string') : []
  }
}

/**
 * The open pull requests whose head a commit is, by the API alone.
 *
 * A repository does not know which pull requests a fork's commit belongs to (`commits/SHA/pulls` is empty there), so that its open pull
 * requests are looked through as well: only those of the fork's branch where it is known.
 * @param {import('./index').FindOptions} o
 */
const findPullRequests = async (o) => {
  const api = apiOf(o, 'pull-requests: read')
  const { at, name } = repositoryOf(o)
  const sha = shaOf(o.sha)
  if (sha.length < 40) usage('sha: expected all 40 digits of a commit')
  const doing = `find the pull request of ${sha.slice(0, 12)} in ${name}`
  const right = (/** @type {any} */ pull) =>
    pull?.state === 'open' &&
    pull.head?.sha === sha &&
    Number.isSafeInteger(pull.number) &&
    pull.base?.repo?.full_name?.toLowerCase() === name.toLowerCase() &&
    (!o.head || `${pull.head.repo?.full_name?.toLowerCase()}:${pull.head.ref}` === `${o.head.repository.toLowerCase()}:${o.head.branch}`)
  const { status, data } = await api.ask({ method: 'GET', path: `${at}/commits/${sha}/pulls`, query: { per_page: '100' } }, { doing, also: [404, 409, 422] })
  let found = status === 200 && Array.isArray(data) ? data.filter(right) : []
  if (!found.length) {
    /** @type {Record<string, string>} */
    const query = { state: 'open', sort: 'updated', direction: 'desc' }
    if (o.head) query.head = `${o.head.repository.split('/')[0]}:${o.head.branch}`
    found = (await api.all(`${at}/pulls`, query, doing)).filter(right)
  }
  return [...new Set(found.map((pull) => pull.number))].sort((a, b) => a - b)
}

/** @param {unknown} sha */
const shaOf = (sha) => {
  if (typeof sha !== 'string' || !/^[0-9a-f]{7,64}$/i.test(sha)) usage('sha: expected a commit, in hexadecimal digits')
  return sha.toLowerCase()
}

module.exports = { GitHub, apiOf, findPullRequests, repositoryOf, shaOf }
