/** A POSIX extended regular expression and the replacement of its match (RFC 7877 §6.4). */
export interface RegexParam {
  readonly ere: string;
  readonly repl: string;
}
