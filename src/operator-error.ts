/**
 * The operator can put it right: a setting that breaks its rule, a database that cannot be used as it stands, a command that
 * cannot be carried out. The message is one line, or one for each fault. It names what is wrong and the rule or the remedy,
 * and the value unless that is a secret. `cli/sppp` prints it without a stack.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
