/** The embedded PostgreSQL cannot be started or used. The message is for people and says how to put it right. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}
