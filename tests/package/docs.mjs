// The blocks of JavaScript in the documents for users, run in the mini program as they stand. Those of
// docs/en: xtask's step "documents for users" sees that docs/zh has the same.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ON_FALLBACK } from './sandbox.mjs'

const root = path.join(import.meta.dirname, '../..')
const given = []
const tried = new Set()

/** A page's blocks, in order. */
export function blocks(page) {
  const found = [...fs.readFileSync(path.join(root, page), 'utf8').matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code)
  given.push(...found)
  return found
}

/** The last test of a file: it has run every block that it asked for. */
export const allAreTried = () => test('every block is tried', () => assert.deepEqual(given.filter(code => !tried.has(code)), []))

/** An ES module as the body of a function. */
const body = code => code
  .replace(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = require($2)')
  .replace(/^import (\w+) from ('.*')$/gm, 'const $1 = require($2).default')
  .replace(/^export /gm, '')

/**
 * Runs a block, where these names are known; those of files, such as `./wxp`, are what it imports.
 * @returns what it declares as `name`
 */
export function run(s, code, name, known = {}) {
  tried.add(code)
  const { global, package: own } = s.sandbox
  const createWxp = options => own.createWxp({ ...options, ...ON_FALLBACK && !options.fallback && { fallback: s.fallback } })
  const modules = { 'miniprogram-login': { ...own, createWxp }, ...known }
  const names = { createWxp, require: file => modules[file], ...known }
  const list = Object.keys(names).filter(key => /^\w+$/.test(key)).join(', ')
  Object.assign(global, { names })
  // In a scope of its own, as it may declare what is known.
  return s.sandbox.evaluate(`(({ ${list} }) => { { ${body(code)}; return ${name} } })(names)`)
}

/** Runs a block that makes a page or component, as the framework would. @returns that */
export function page(s, code, known) {
  let made
  const keep = options => {
    const setData = data => Object.assign(made.data, data)
    made = Object.assign({ setData }, options.methods, options, { data: { ...options.data } })
  }
  run(s, code, 'undefined', { ...known, Page: keep, Component: keep })
  return made
}
