// @ts-check
// The plugin of Taro, of Vite and Rollup, and of webpack 5: thin, over core.js. CommonJS, as the
// configurations of all of them may be.
'use strict'
const { Helper, MODULE, NAME } = require('./core.js')

/** For Vite (uni-app) and Rollup. */
function vite(options) {
  const helper = new Helper(options)
  if (helper.idle) return { name: NAME }
  return {
    name: NAME,
    // Before what makes URLs of files.
    enforce: 'pre',
    buildStart() { this.addWatchFile(MODULE) },
    resolveId(request) {
      const refusal = helper.refusal(request)
      if (refusal) this.error(refusal)
      return null
    },
    transform(code, file) {
      const owner = helper.owner(file)
      const changed = owner ? helper.code(owner, code) : code
      return changed === code ? null : { code: changed, map: null }
    },
    generateBundle() { this.emitFile({ type: 'asset', fileName: helper.to, source: helper.read() }) },
  }
}

/** For webpack 5 (mpx). */
function webpack(options) {
  const helper = new Helper(options)
  return {
    apply(compiler) {
      if (helper.idle) return
      if (!compiler.webpack) throw new Error(`${NAME}/bundler: webpack 5 is needed`)
      const { Compilation, sources } = compiler.webpack
      compiler.options.module.rules.push({ test: file => !!helper.owner(file), enforce: 'pre', loader: require.resolve('./webpack-loader.js'), options: options || {} })
      compiler.hooks.normalModuleFactory.tap(NAME, factory => factory.hooks.beforeResolve.tap(NAME, ({ request }) => {
        const refusal = helper.refusal(request)
        if (refusal) throw new Error(refusal)
      }))
      compiler.hooks.thisCompilation.tap(NAME, compilation => {
        compilation.fileDependencies.add(MODULE)
        compilation.hooks.processAssets.tap({ name: NAME, stage: Compilation.PROCESS_ASSETS_STAGE_ADDITIONAL }, () => {
          compilation.emitAsset(helper.to, new sources.RawSource(helper.read()))
        })
      })
    },
  }
}

/** For Taro, with either of its bundlers: `plugins: ['miniprogram-login/bundler']`. */
function taro(ctx, options) {
  ctx.modifyWebpackChain(({ chain }) => { chain.plugin(NAME).use(webpack(options)) })
  // Taro 3 has no Vite.
  if (ctx.modifyViteConfig) ctx.modifyViteConfig(({ viteConfig }) => { viteConfig.plugins.push(vite(options)) })
}

module.exports = taro
module.exports.default = taro
module.exports.vite = vite
module.exports.webpack = webpack
