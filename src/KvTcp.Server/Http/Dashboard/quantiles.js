// Quantiles of a histogram, estimated as Prometheus's histogram_quantile does: as if what is in a bucket were spread evenly over it.

/**
 * @param {number[]} shares The quantiles asked for, each from 0 to 1.
 * @param {{boundaries: number[], counts: number[]}} before The histogram at the start; counts has one more, for what is above the last boundary.
 * @param {{boundaries: number[], counts: number[]}} now The histogram at the end.
 * @returns {number[] | null} The quantiles of what came between; null when nothing did.
 */
export function quantiles(shares, before, now) {
  const counts = now.counts.map((count, index) => count - before.counts[index]);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total > 0 ? shares.map(share => quantile(share * total, counts, now.boundaries)) : null;
}

function quantile(rank, counts, boundaries) {
  let below = 0;
  let bucket = 0;
  while (bucket < boundaries.length && below + counts[bucket] < rank) {
    below += counts[bucket];
    bucket++;
  }

  if (bucket === boundaries.length) {
    return boundaries.at(-1);
  }

  const lower = bucket === 0 ? 0 : boundaries[bucket - 1];
  return lower + (boundaries[bucket] - lower) * (rank - below) / (counts[bucket] || 1);
}
