// The negative control: these tests can fail. Packages with one fault each are caught by the test
// that names it, and the tutorial's own client code is caught by every test that the fault table in
// tests/README.md names.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { BROKEN, broken } from './broken.mjs'
import { PKG } from './sandbox.mjs'
import { CODES } from './scenario.mjs'

const here = import.meta.dirname
const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'package-control-'))
after(() => fs.rmSync(temp, { recursive: true }))

/** A package directory with this entry beside the real one. */
function stand(name, entry) {
  const dist = path.join(temp, name, 'miniprogram_dist')
  fs.cpSync(path.join(PKG, 'miniprogram_dist'), dist, { recursive: true })
  fs.renameSync(path.join(dist, 'index.js'), path.join(dist, 'real.js'))
  fs.writeFileSync(path.join(dist, 'index.js'), entry)
  return path.join(temp, name)
}

/**
 * Runs tests of a file against a package.
 * @returns {Promise<Map<string, boolean>>} by the tests' names, whether they passed
 */
function run(pkg, file, names) {
  const patterns = names.map(name => `--test-name-pattern=/^${name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$/`)
  const env = { ...process.env, MINIPROGRAM_LOGIN_PKG: pkg }
  // A test runner inside a test runner reports to the outer one unless it is told otherwise.
  delete env.NODE_TEST_CONTEXT
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--test-reporter=tap', ...patterns, file], { cwd: here, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const results = new Map()
      // Node 20 reports what a pattern leaves out as passed and skipped.
      for (const [, bad, name, skipped] of stdout.matchAll(/^(not )?ok \d+ - (.*?)( # SKIP.*)?$/gm)) if (!skipped) results.set(name.replace(/\\(.)/g, '$1'), !bad)
      if (results.size) resolve(results)
      else reject(error || new Error(stderr || stdout))
    })
  })
}

const text = fs.readFileSync(path.join(here, '../README.md'), 'utf8')
/** The rows of the fault table: | number | fault | file | test | */
const rows = [...text.matchAll(/^\| (\d+) \| (.*?) \| `(.*?)` \| (.*?) \|$/gm)].map(([, number, fault, file, name]) => ({ number: Number(number), fault, file, name: name.replace(/`/g, '') }))

test('every code of the closed union is expected by some test', () => {
  const tests = fs.readdirSync(here).filter(file => file.endsWith('.test.mjs')).map(file => fs.readFileSync(path.join(here, file), 'utf8')).join()
  assert.deepEqual([...CODES].filter(code => !tests.includes(`'${code}'`) && !new RegExp(`^  ${code}: \\[`, 'm').test(tests)), [])
})

test('the unchanged package behind the same door passes', async () => {
  const pkg = stand('unchanged', broken(''))
  for (const [file, name] of [BROKEN['logs in once per caller'].caughtBy, BROKEN['asks for the profile a microtask late'].caughtBy]) {
    assert.equal((await run(pkg, file, [name])).get(name), true, name)
  }
})

for (const [what, { code, caughtBy: [file, name] }] of Object.entries(BROKEN)) {
  test(`a package that ${what} is caught`, async () => {
    const results = await run(stand(what, broken(code)), file, [name])
    assert.equal(results.get(name), false, name)
  })
}

test('the fault table names a test for every fault of the tutorial\'s client', () => {
  assert.deepEqual([...new Set(rows.map(row => row.number))], Array.from({ length: 33 }, (_, i) => i + 1))
})

test('every test of the fault table fails with the tutorial\'s code', async () => {
  const pkg = stand('tutorial', fs.readFileSync(path.join(here, 'tutorial.js')))
  for (const file of new Set(rows.map(row => row.file))) {
    const ours = rows.filter(row => row.file === file)
    const results = await run(pkg, file, [...new Set(ours.map(row => row.name))])
    for (const { number, name } of ours) assert.equal(results.get(name), false, `fault ${number}: ${name}`)
  }
})
