// What `require` gives. By hand: what esbuild makes of `export` would run five helpers at every start.
import { WxpError, createWxp, isWxpError } from './index.js'

exports.__esModule = true
exports.createWxp = createWxp
exports.WxpError = WxpError
exports.isWxpError = isWxpError
