/** What every row written by a request gets: the request's journal row and its time. */
export interface Stamp {
  readonly transactionId: number;
  readonly at: Date;
}
