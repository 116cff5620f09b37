/** The values that every row written by a request gets: its journal row and its time. */
export interface Stamp {
  readonly transactionId: number;
  readonly at: Date;
}
