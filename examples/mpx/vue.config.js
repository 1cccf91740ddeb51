const { defineConfig } = require('@vue/cli-service')
const { webpack: miniprogramLogin } = require('miniprogram-login/bundler')

module.exports = defineConfig({
  outputDir: 'dist/wx',
  pluginOptions: { mpx: { plugin: { srcMode: 'wx' } } },
  configureWebpack: { plugins: [miniprogramLogin()] },
})
