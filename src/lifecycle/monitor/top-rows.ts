// The few rows with the highest scores of a stream.

export type ScoredRow = {
  readonly row: Float64Array;
  /** ms since 1970. */
  readonly time: number;
  readonly id: string;
  readonly score: number;
};

export class TopRows {
  private kept: ScoredRow[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  offer(scored: ScoredRow): void {
    const lowest = this.kept[this.kept.length - 1];
    if (this.kept.length >= this.most && lowest && scored.score <= lowest.score) return;
    // The earlier of two equals comes first.
    const at = this.kept.findIndex(({ score }) => score < scored.score);
    this.kept.splice(at < 0 ? this.kept.length : at, 0, { ...scored, row: scored.row.slice() });
    if (this.kept.length > this.most) this.kept.pop();
  }

  /** Highest first. */
  list(): readonly ScoredRow[] {
    return this.kept;
  }
}
