// As clock.js, in Node.js.
import fs from 'fs'
import { performance } from 'perf_hooks'

export const env = JSON.parse(process.argv[2])
export const print = text => process.stdout.write(text + '\n')
export const readText = file => fs.readFileSync(file, 'utf8')
export const readBytes = file => fs.readFileSync(file)
export const now = () => performance.now()
/**
 * Where nothing else keeps its loop going, Node.js 15 waits for the optimising compiler to end before
 * it lets a compiled module go on.
 */
export const keepAlive = () => {
  const timer = setInterval(() => {}, 1000)
  return () => clearInterval(timer)
}
