const { webpack: miniprogramLogin } = require('miniprogram-login/bundler')

module.exports = {
  mode: 'production',
  entry: { app: './app.js' },
  output: { path: __dirname + '/dist', filename: '[name].js' },
  plugins: [miniprogramLogin()],
}
