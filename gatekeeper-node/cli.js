#!/usr/bin/env node
'use strict'

process.exitCode = require('./index.js').main(process.argv.slice(2))
