// @ts-check
// What the core says to the app (src/wasm/host.rs): it comes as numbers and texts, and leaves as objects.
import { quietly } from './call.js'
import { codes, stages } from './codes.js'
import { WxpError } from './error.js'

const CODES = Object.keys(codes)
const STATUSES = ['none', 'logging-in', 'active']

/** The core says NaN where there is no number. */
const orNull = number => isNaN(number) ? null : number

/** @returns what the core calls, besides the steps (host.js) */
export const createWords = client => ({
  error: (code, stage, option, detail, errMsg, errno, statusCode) => new WxpError(CODES[code], stages[stage], {
    option, detail, errMsg, errno: isNaN(errno) ? undefined : errno, statusCode: statusCode || undefined,
  }),
  snapshot: (status, expiresAt, generation) => ({ status: STATUSES[status], expiresAt: orNull(expiresAt), generation }),
  refused: reason => { client.refused = reason },
  bearer: token => { client.bearer = 'Bearer ' + token },
  settled: reason => client.settled(reason),
  finish: (op, reason, value) => client.finish(op, reason, value),
  emit: (type, generation, expiresAt, error) => client.emit(error ? { type, error } : generation ? { type, generation, expiresAt: orNull(expiresAt) } : { type }),
  log: (stage, ms, error) => client.options.log && quietly(() => client.options.log(Object.assign({ stage: stages[stage], ms }, error && { error }))),
})
