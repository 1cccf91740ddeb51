// Where test.js tells its results: the shell, or Node.js.
export { env, macrotask, print } from './shell.js'
