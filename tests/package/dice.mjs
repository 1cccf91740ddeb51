// Choices that look random and follow from a seed, which a failure prints: RANDOM_SEED=n repeats it.

/** mulberry32: small, and good enough to choose by. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What a property is tried with: the seed, a number below another, one of a list. */
export function dice() {
  const seed = Number(process.env.RANDOM_SEED) || Date.now()
  const next = random(seed)
  const below = end => Math.floor(next() * end)
  return { seed, below, one: list => list[below(list.length)] }
}
