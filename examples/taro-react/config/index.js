module.exports = {
  projectName: 'taro-react',
  designWidth: 750,
  sourceRoot: 'src',
  outputRoot: 'dist',
  framework: 'react',
  plugins: ['miniprogram-login/bundler'],
  compiler: 'webpack5',
}
