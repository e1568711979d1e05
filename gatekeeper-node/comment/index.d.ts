/**
 * A verdict on a pull request or merge request: as a comment, a check run or a commit status.
 *
 * The verdict may come from strangers. The engine derives its status again, refuses one whose parts disagree, and alone makes Markdown of
 * it; nothing in it reaches the request's address, the marker or the author. A verdict that is `unknown` is never neutral or a success.
 *
 * @packageDocumentation
 */

import type { Verdict } from '../documents'

/** An Octokit of any version, or what looks like one: `@octokit/core`, `@octokit/rest`, `github` of `actions/github-script`. */
export interface OctokitLike {
  request: {
    (options: any): Promise<{ status: number, headers: any, data: any }>
    endpoint?: { DEFAULTS?: { baseUrl?: string } }
  }
}

/** How long to go on where a request fails for a while; the last two are for tests. */
export interface Patience {
  /** Milliseconds that are waited in all for rate limits, servers and other runs: 180,000 where not given. */
  patience?: number
  /** How to wait. */
  sleep?: (ms: number) => Promise<unknown>
  /** The clock, milliseconds since 1970. */
  now?: () => number
}

/** A repository on GitHub, and how to reach it. */
export interface GitHubTarget {
  /** Your Octokit, with its authentication, address and hooks. */
  octokit?: OctokitLike
  /** Without an Octokit: the token. Nothing else has to be installed. */
  token?: string
  /** With a token: the API's address, `https://HOST/api/v3` for GitHub Enterprise Server. */
  baseUrl?: string
  /** The account that the repository is of. */
  owner: string
  /** The repository's name, without its owner. */
  repo: string
}

/** A project on GitLab, and how to reach it. */
export interface GitLabTarget {
  /** A token with the scope `api`: of a project, a group or a person. `CI_JOB_TOKEN` may not write notes. */
  token: string
  /** The project's number, or its path (`group/project`). */
  projectId: number | string
  /** `https://gitlab.com` where not given. */
  baseUrl?: string
}

/** A place on GitHub, or on GitLab. */
export type Target =
  | (GitHubTarget & { gitlab?: undefined })
  | { gitlab: GitLabTarget, octokit?: undefined, token?: undefined, owner?: undefined, repo?: undefined, baseUrl?: undefined }

/**
 * When a comment is written:
 *
 * - `update`: one comment, kept up to date in place.
 * - `recreate`: a new comment at the end, which notifies; the old one is deleted.
 * - `append`: a comment for each run.
 * - `on-change`: in place and quietly as long as the whole and every gate have the status that they had; as `recreate` otherwise.
 * - `on-failure`: none until a verdict fails or is unknown; from then on as `update`.
 */
export type CommentMode = 'update' | 'recreate' | 'append' | 'on-change' | 'on-failure'

/** What to post, whatever the host. */
export interface CommentContent extends Patience {
  /** The verdict: what `check` answered, or the text of the file that `gatekeeper check --format json` wrote. */
  verdict: Verdict | string
  /** Comments of different keys stand side by side; `default` where not given. Letters, digits and `. _ / -`. */
  key?: string
  /** When a comment is written; `update` where not given. */
  mode?: CommentMode
  /** The head commit that was judged (not the merge commit of a `pull_request` run). Nothing is written where the request has moved on. */
  sha?: string
  /**
   * The run that judged. A run never replaces what a newer run wrote. Where it is not given: `GITHUB_RUN_ID` and `GITHUB_RUN_ATTEMPT`, or
   * `CI_PIPELINE_ID`; elsewhere the clock decides. In a `workflow_run` workflow, give `github.event.workflow_run.id`.
   */
  run?: { id: number, attempt?: number }
  /** Your own Markdown above the verdict. It is not escaped. */
  before?: string
  /** Your own Markdown below the verdict. It is not escaped. */
  after?: string
  /** Where "details" below the verdict lead. */
  link?: string
  /** Whose comments are ours, `github-actions[bot]` for the token of a workflow; where not given, whose the token is. */
  author?: string
}

/** A comment on a pull request of GitHub. */
export interface GitHubCommentOptions extends CommentContent, GitHubTarget {
  /** The pull request's number. In a trusted second stage, take it from {@link findPullRequests}, never from an artifact. */
  issueNumber: number
  gitlab?: undefined
}

/** A note on a merge request of GitLab. */
export interface GitLabCommentOptions extends CommentContent {
  gitlab: GitLabTarget & {
    /** The merge request's number in its project (`CI_MERGE_REQUEST_IID`). */
    mergeRequestIid: number
  }
  octokit?: undefined
  token?: undefined
  issueNumber?: undefined
}

export type CommentOptions = GitHubCommentOptions | GitLabCommentOptions

/** What became of it. */
export interface CommentResult {
  /**
   * `stale`: a newer run has written, or the request has moved on from `sha`; `none`: the mode says that nothing is to be said; `unchanged`:
   * the comment is this run's already.
   */
  action: 'created' | 'updated' | 'unchanged' | 'stale' | 'none'
  /** The comment that stands now. */
  id?: number
  /** Its address; GitLab does not say. */
  url?: string
  /** How many other comments of ours were deleted. */
  removed: number
}

/**
 * Puts a verdict into a comment of our own: found by its hidden marker *and* its author through all pages, never another's; one for each
 * key, whatever other runs do at the same time; cut to what the host takes.
 *
 * @example
 * ```js
 * import { check } from 'gatekeeper-rs'
 * import { upsertComment } from 'gatekeeper-rs/comment'
 *
 * const { action, url } = await upsertComment({ token: process.env.GITHUB_TOKEN, owner, repo, issueNumber, verdict: check() })
 * ```
 *
 * @throws {@link CommentError}
 */
export declare function upsertComment(options: CommentOptions): Promise<CommentResult>

/** A check run for a commit. */
export interface CheckRunOptions extends GitHubTarget, Patience {
  gitlab?: undefined
  /** The commit: the head of the pull request. */
  sha: string
  /** As for a comment. */
  verdict: Verdict | string
  /** The check's name, which branch rules name; `gatekeeper` where not given. */
  name?: string
  /** What an unknown verdict makes of it; `failure` where not given. */
  unknown?: 'failure' | 'action_required'
  /** Where "details" lead. */
  link?: string
  /** Most annotations; 1,000 where not given. They are sent in requests of 50. */
  maxAnnotations?: number
}

/** The check run that was made. */
export interface CheckRunResult {
  id: number
  url?: string
  /** `success` where the verdict passes, with or without warnings; never `neutral` or `skipped`. */
  conclusion: 'success' | 'failure' | 'action_required'
  /** How many annotations it has. */
  annotations: number
  /** How many violations have none, as they have no place in the code or are too many. */
  left: number
}

/**
 * Makes a check run with the verdict's Markdown and an annotation for each violation that has a place. Above 50 annotations it is
 * in progress until the last of them is there; one that breaks off is completed as a failure.
 *
 * @throws {@link CommentError}
 */
export declare function createCheckRun(options: CheckRunOptions): Promise<CheckRunResult>

/** A status of a commit. */
export type CommitStatusOptions = Target & Patience & {
  /** The commit: the head of the pull request. */
  sha: string
  /** As for a comment. */
  verdict: Verdict | string
  /** The context is `gatekeeper/KEY`, or `gatekeeper` where there is no key. */
  key?: string
  /** Where the status leads. */
  link?: string
}

/** The status that was set. */
export interface CommitStatusResult {
  /** `success` where the verdict passes, `error` where it is unknown. GitLab has no `error`: it is `failed` there. */
  state: 'success' | 'failure' | 'error'
  context: string
  description: string
}

/** Sets a commit's status, on GitHub or GitLab. @throws {@link CommentError} */
export declare function setCommitStatus(options: CommitStatusOptions): Promise<CommitStatusResult>

/** Which pull requests to look for. */
export interface FindOptions extends GitHubTarget, Patience {
  gitlab?: undefined
  /** All 40 digits of the head commit: `github.event.workflow_run.head_sha`. */
  sha: string
  /** The fork and branch that it is of, where they are known: `github.event.workflow_run.head_repository.full_name` and `.head_branch`. */
  head?: { repository: string, branch: string }
}

/**
 * The numbers of the open pull requests whose head is this commit, by the API alone: for a second stage, which may not believe an artifact.
 *
 * @throws {@link CommentError}
 */
export declare function findPullRequests(options: FindOptions): Promise<Array<number>>

/**
 * - `usage`: wrong options. `verdict`: the verdict cannot be used: it is none, or its parts disagree.
 * - `forbidden`: the token may not (a fork's token only reads). `unauthorised`: the token is none. `identity`: whose it is cannot be told.
 * - `not-found`, `gone`, `locked`, `invalid`: 404, 410, a locked conversation, 422.
 * - `rate-limited`: the limit lasts longer than `patience`. `unavailable`: the server does not answer or answers with an error.
 * - `busy`: other runs kept writing for too long.
 */
export type CommentErrorCode =
  | 'usage' | 'verdict' | 'forbidden' | 'unauthorised' | 'identity' | 'not-found' | 'gone' | 'locked' | 'invalid' | 'rate-limited' | 'unavailable' | 'busy'

/** Why nothing was posted. The message says what was tried, what the host answered and what to do. */
export declare class CommentError extends Error {
  constructor(code: CommentErrorCode, message: string, more?: { help?: string, status?: number, cause?: unknown })
  /** Stable. */
  code: CommentErrorCode
  /** The host's HTTP status, where it answered. */
  status?: number
  /** What to do. */
  help?: string
}
