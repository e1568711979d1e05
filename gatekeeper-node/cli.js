#!/usr/bin/env node
'use strict'

const argv = process.argv.slice(2)
const helped = argv[0] === 'help' && argv[1] === 'comment'

if (argv[0] === 'comment' || helped) {
  // What speaks to GitHub and GitLab is JavaScript; the engine reaches no network.
  require('./comment/cli.js').main(helped ? ['--help'] : argv.slice(1)).then((code) => {
    process.exitCode = code
  })
} else {
  process.exitCode = require('./index.js').main(argv)
  if (argv.length === 1 && ['--help', '-h', 'help'].includes(argv[0])) {
    process.stdout.write('\nWith the npm package:\n  comment     Post a verdict on a pull request or merge request (comment, check run, status)\n')
  }
}
