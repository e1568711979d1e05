// Text that is posted: the hidden marker by which a comment is known again, what stands around the engine's Markdown, and text of
// strangers where the engine does not write it (annotations, descriptions).
'use strict'

const { createHash } = require('node:crypto')
const { usage } = require('./error.js')

// The characters that `evidence::error::is_invisible` names, controls, and halves of surrogate pairs.
const UNSEEN =
  /[\p{Cc}\p{Cs}\u00AD\u034F\u061C\u115F\u1160\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E007F}\u{E0100}-\u{E01EF}]/gu

/**
 * Cuts to so many UTF-16 units, between characters: GitHub counts as JavaScript does, or less.
 * @param {string} text
 * @param {number} most
 */
const cut = (text, most) => {
  if (text.length <= most) return text
  const end = /[\uD800-\uDBFF]/.test(text[most - 2]) ? most - 2 : most - 1
  return `${text.slice(0, end)}…`
}

/**
 * One line in which everything can be seen. It is cut before and after, for escapes are longer than what they stand for.
 * @param {string} text
 * @param {number} most
 */
const line = (text, most) => {
  const shown = cut(text, most)
    .replace(/[\n\r\t]+/g, ' ')
    .replace(UNSEEN, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)
  return cut(shown, most)
}

/**
 * As code in Markdown: a run of backticks longer than any inside.
 * @param {string} text
 */
const code = (text) => {
  const fence = '`'.repeat(Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length)) + 1)
  const pad = /^`|`$/.test(text) ? ' ' : ''
  return `${fence}${pad}${text}${pad}${fence}`
}

/** @param {unknown} value */
const keyOf = (value) => {
  if (typeof value !== 'string' || !/^[A-Za-z0-9](?:[A-Za-z0-9._/]|-(?!-)){0,99}$/.test(value)) {
    usage('key: expected 1 to 100 letters, digits and ". _ / -", starting with a letter or a digit')
  }
  return value
}

/**
 * The first line of a comment of ours. Only the first: the engine's Markdown shows a stranger's text, which may spell a marker, as code below it.
 * @param {{ key: string, stamp: import('./place').Stamp, sha?: string, state: string }} mark
 */
const marker = ({ key, stamp, sha, state }) => {
  const run = stamp.run === undefined ? '' : ` run=${stamp.run}.${stamp.attempt ?? 1}`
  return `<!-- gatekeeper:comment key=${key}${run} at=${stamp.at}${sha ? ` sha=${sha}` : ''} state=${state} id=${stamp.id} -->`
}

/**
 * What the first line says, where it is a marker. A marker of another version counts, as one older than any.
 * @param {unknown} body
 */
const marked = (body) => {
  const found = typeof body === 'string' && /^<!-- gatekeeper:comment key=(\S+)((?: [a-z]+=\S+)*) -->(?:\r?\n|$)/.exec(body)
  if (!found) return undefined
  const said = new Map(found[2].trim().split(' ').map((pair) => /** @type {[string, string]} */ (pair.split('=', 2))))
  const run = /^(\d{1,15})\.(\d{1,9})$/.exec(said.get('run') ?? '')
  const at = /^\d{1,15}$/.test(said.get('at') ?? '') ? Number(said.get('at')) : 0
  return {
    key: found[1],
    stamp: { run: run ? Number(run[1]) : undefined, attempt: run ? Number(run[2]) : undefined, at, id: said.get('id') ?? '' },
    sha: said.get('sha'),
    state: said.get('state'),
  }
}

/**
 * What the verdict came to, in short: the same for two verdicts whose whole and whose gates have the same status.
 * @param {import('../documents').Verdict} verdict
 */
const stateOf = (verdict) => {
  const gates = (verdict.gates ?? []).map((gate) => [gate.name, gate.status])
  return `${verdict.status}:${createHash('sha256').update(JSON.stringify(gates)).digest('hex').slice(0, 16)}`
}

/**
 * The whole comment, no longer than the host takes. What is left out is whole lines of the verdict, and it is said.
 * @param {{ mark: string, before?: string, verdict: string, after?: string, sha?: string, link?: string }} parts
 * @param {number} most
 */
const compose = ({ mark, before, verdict, after, sha, link }, most) => {
  const foot = [sha && `for ${sha.slice(0, 12)}`, link && `[details](<${link}>)`].filter(Boolean).join(' · ')
  const head = [mark, before].filter(Boolean).join('\n\n')
  const tail = [after, foot && `<sub>${foot}</sub>`].filter(Boolean).join('\n\n')
  const room = most - head.length - tail.length - 6
  const left = `\n\n… cut: a comment takes ${most} characters`
  if (room < 1_000) usage(`before, after: they leave no room for the verdict in the ${most} characters of a comment`)
  let body = verdict.trim()
  if (body.length > room) {
    const short = body.slice(0, room - left.length)
    body = short.slice(0, Math.max(short.lastIndexOf('\n'), 0)) + left
  }
  return [head, body, tail].filter(Boolean).join('\n\n')
}

/**
 * GitLab takes a line that starts with a slash for a command (`/merge`), whoever wrote it. A backslash makes it text.
 * @param {string} body
 */
const withoutQuickActions = (body) => body.replace(/^(\s*)\//gm, '$1\\/')

/** @param {string} why */
const unusable = (why) =>
  `## ❓ Quality gates: unknown\n\nThe verdict of this run cannot be used, so this is not a pass:\n\n${code(line(why, 500))}`

module.exports = { code, compose, cut, keyOf, line, marked, marker, stateOf, unusable, withoutQuickActions }
