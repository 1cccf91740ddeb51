// The packages as bundlers and compilers of TypeScript take them, in a project where they are
// installed (xtask/src/test/modules.rs makes it).
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { publint } from 'publint'
import { aged, BUNDLERS } from './bundlers.mjs'

const PROJECT = process.env.MINIPROGRAM_LOGIN_PROJECT
const PACKAGES = ['miniprogram-login', 'miniprogram-login-fallback']
const TESTS = ['login', 'load', 'retryable', 'trap', 'fallback'].map(name => path.resolve(import.meta.dirname, `../package/${name}.test.mjs`))
const SDK = "export { createWxp, WxpError, isWxpError } from 'miniprogram-login'\n"

const installed = (name, file = '') => path.join(PROJECT, 'node_modules', name, file)

/** Bundles an app of this source. */
async function bundle(tool, name, source) {
  const entry = path.join(PROJECT, `${name}.js`)
  fs.writeFileSync(entry, source)
  return BUNDLERS[tool](entry)
}

/** What a bundle exports. */
function run(code) {
  const module = { exports: {} }
  vm.runInThisContext(`(function (module, exports) {${code}\n})`)(module, module.exports)
  return module.exports
}

for (const name of PACKAGES) {
  test(`${name}: publint has nothing to say`, async () => {
    const { messages } = await publint({ pkgDir: installed(name), level: 'warning', strict: true, pack: 'npm' })
    assert.deepEqual(messages, [])
  })

  test(`${name}: its types are those of what is loaded, however modules are resolved`, async () => {
    const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', PROJECT], { cwd: installed(name) }))
    const packed = createPackageFromTarballData(fs.readFileSync(path.join(PROJECT, filename)))
    const asked = name === 'miniprogram-login' ? ['.', './bundler'] : ['.']
    const { problems, entrypoints } = await checkPackage(packed, { entrypoints: asked })
    // What is older than exports finds the main entry alone.
    assert.deepEqual(problems.filter(({ kind, entrypoint }) => !(kind === 'NoResolution' && entrypoint === './bundler')), [])
    assert.deepEqual(Object.keys(entrypoints).sort(), asked)
    for (const { resolutions } of Object.values(entrypoints)) assert.deepEqual(Object.keys(resolutions).sort(), ['bundler', 'node10', 'node16-cjs', 'node16-esm'])
  })
}

for (const tool of Object.keys(BUNDLERS)) {
  for (const [how, treat] of [['as it bundles', code => code], ['in ES5, minified twice', aged]]) {
    test(`${tool}, ${how}: the package passes its own tests`, async () => {
      const dist = path.join(PROJECT, `${tool}${treat === aged ? '-aged' : ''}`, 'miniprogram_dist')
      fs.cpSync(installed('miniprogram-login', 'miniprogram_dist'), dist, { recursive: true })
      fs.writeFileSync(path.join(dist, 'index.js'), await treat(await bundle(tool, 'app', SDK)))
      const env = { ...process.env, MINIPROGRAM_LOGIN_PKG: path.dirname(dist), MINIPROGRAM_LOGIN_FALLBACK: installed('miniprogram-login-fallback') }
      // Which marks a process of the runner's own.
      delete env.NODE_TEST_CONTEXT
      const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...TESTS], { env, encoding: 'utf8' })
      assert.ok(status === 0 && Number(stdout.match(/^# pass (\d+)/m)[1]) > 100, stdout)
    })

    test(`${tool}, ${how}: errors are told by instanceof and by isWxpError`, async () => {
      const code = await bundle(tool, 'errors', `
        import { createWxp, WxpError, isWxpError } from 'miniprogram-login'
        export function failure() { try { createWxp({}) } catch (e) { return [e.name, e instanceof TypeError, isWxpError(e)] } }
        export const made = new WxpError('timeout', 'send')
        export const is = [made instanceof WxpError, made instanceof Error, isWxpError(made), made.name, made.code]
      `)
      const { failure, is } = run(await treat(code))
      assert.deepEqual(failure(), ['TypeError', true, false])
      assert.deepEqual(is, [true, true, true, 'WxpError', 'timeout'])
    })

  }

  test(`${tool}: the fallback imported is the fallback`, async () => {
    const { default: fallback } = run(await bundle(tool, 'fallback', "export { default } from 'miniprogram-login-fallback'\n"))
    assert.equal(fallback.version, JSON.parse(fs.readFileSync(installed('miniprogram-login', 'package.json'), 'utf8')).version)
    assert.equal(typeof fallback.instantiate, 'function')
  })

  test(`${tool}: who needs the errors alone does not pay for the rest`, async () => {
    const whole = await bundle(tool, 'whole', SDK)
    const errors = await bundle(tool, 'errors-alone', "export { WxpError, isWxpError } from 'miniprogram-login'\n")
    assert.ok(whole.includes('requestNeedLogin') && whole.length > 50_000, `${whole.length} bytes`)
    assert.ok(!errors.includes('requestNeedLogin') && errors.length < 8_000, `${errors.length} bytes`)
  })

  test(`${tool}: an import that is not used leaves nothing`, async () => {
    const code = await bundle(tool, 'unused', "import { createWxp } from 'miniprogram-login'\nimport fallback from 'miniprogram-login-fallback'\nexport const one = 1\n")
    assert.ok(code.length < 2_000, `${code.length} bytes`)
    assert.equal(run(code).one, 1)
  })

  // As the docs say.
  test(`${tool}: import and require in one app are two copies`, async () => {
    fs.writeFileSync(path.join(PROJECT, 'required.cjs'), "exports.sdk = require('miniprogram-login')\n")
    const { imported, required } = run(await bundle(tool, 'two', "import * as imported from 'miniprogram-login'\nimport { sdk as required } from './required.cjs'\nexport { imported, required }\n"))
    assert.notEqual(imported.WxpError, required.WxpError)
    assert.ok(imported.isWxpError(new required.WxpError('timeout', 'send')))
  })
}
