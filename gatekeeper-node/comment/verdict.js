// The verdict that is posted. It may come from strangers: the engine derives its status again and refuses one whose parts disagree, and it
// alone makes Markdown of it.
'use strict'

const { CommentError, usage } = require('./error.js')
const { line } = require('./text.js')
const gatekeeper = require('../index.js')

/**
 * @param {unknown} given
 * @returns {{ verdict: import('../documents').Verdict, markdown: string }}
 */
const read = (given) => {
  if (typeof given !== 'string' && (typeof given !== 'object' || given === null)) usage('verdict: expected a verdict, or its JSON text')
  try {
    // As text where it is text: JavaScript's numbers are fewer than JSON's.
    const text = typeof given === 'string' ? given : JSON.stringify(given)
    const { markdown } = gatekeeper.render('markdown', text)
    // The engine's own mark names the policy's file, which a stranger may choose: ours has the caller's key.
    return { verdict: JSON.parse(text), markdown: markdown.replace(/^<!-- gatekeeper-comment:[\w./#-]* -->\n/, '') }
  } catch (error) {
    const why = line(String(/** @type {any} */ (error)?.message ?? error), 500)
    throw new CommentError('verdict', `the verdict cannot be used: ${why}`, {
      help: 'Give it what `gatekeeper check --format json` wrote, unchanged',
      cause: error,
    })
  }
}

/**
 * Whether it stands in the way. Whatever is not plainly a pass does.
 * @param {import('../documents').Verdict} verdict
 */
const blocks = (verdict) => !(verdict.exit_code === 0 && (verdict.status === 'pass' || verdict.status === 'warn'))

module.exports = { blocks, read }
