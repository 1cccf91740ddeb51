const quantile = (sorted, q) => sorted[Math.round((sorted.length - 1) * q)]

/** Median and the middle half of the samples. */
exports.spread = samples => {
  const sorted = [...samples].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75), samples: sorted.length }
}

/** Two lists of the same rounds, one by one. */
exports.paired = (a, b, combine) => exports.spread(a.map((sample, round) => combine(sample, b[round])))

/** The slope of a line through the points, by least squares. */
exports.slope = points => {
  const mean = of => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const x = mean(p => p.x), y = mean(p => p.y)
  return points.reduce((sum, p) => sum + (p.x - x) * (p.y - y), 0) / points.reduce((sum, p) => sum + (p.x - x) ** 2, 0)
}
