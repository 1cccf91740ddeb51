module.exports = {
  projectName: 'taro-vue',
  designWidth: 750,
  sourceRoot: 'src',
  outputRoot: 'dist',
  framework: 'vue3',
  plugins: ['miniprogram-login/bundler'],
  compiler: 'vite',
}
