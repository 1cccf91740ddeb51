// What cost.js needs of a bare engine's shell.
export { env, print, readBytes, readText } from './shell.js'
/** ms */
export const now = () => preciseTime() * 1000
export const keepAlive = () => () => {}
